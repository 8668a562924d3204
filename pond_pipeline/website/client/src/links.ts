// A range that was picked goes along to the other pages of the website.

import type { PageRange } from "./page-range.ts";

/** Whether a link leads to a page of this website, and to no place within it. */
export function leadsOn(href: string): boolean {
  return /^(?![a-z][a-z0-9+.-]*:|\/)[^#?]*\.html$/i.test(href);
}

export function wireLinks(range: PageRange): void {
  const carry = (event: Event): void => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const href = link?.getAttribute("href")?.replace(/#from=.*$/, "") ?? "";
    if (link && leadsOn(href)) link.setAttribute("href", href + range.hash);
  };
  // Before the link is followed, in this tab or in another.
  for (const kind of ["pointerdown", "keydown", "click"])
    document.addEventListener(kind, carry, true);
}
