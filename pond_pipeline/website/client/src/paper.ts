// Printing. A page is printed as it stands when the browser is told to, without waiting for
// anything: what lies below, where nobody has been, is loaded before if the keys say so.

import type { Chart } from "./chart.ts";

const isPrintKey = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean =>
  key.toLowerCase() === "p" && ctrlKey !== metaKey && !altKey && !shiftKey;

export function wirePaper(charts: readonly Chart[]): void {
  document.addEventListener("keydown", (event) => {
    if (!isPrintKey(event)) return;
    event.preventDefault();
    if (!event.repeat) void Promise.all(charts.map((each) => each.complete())).then(() => print());
  });
  // By the browser's menu: what is not here says so, and comes for the next time.
  window.addEventListener("beforeprint", () => {
    for (const each of charts) if (!each.ready) each.excuse();
  });
}
