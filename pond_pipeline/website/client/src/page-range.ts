// The range that all charts of a page show. The address has it, so that a link shows the same and
// the browser's buttons go back and forth.

import { formatHash, parseHash } from "./hash.ts";
import { fit, type Range, same, usual } from "./range.ts";

/** How a new range came about. */
export type Change =
  | "picked"
  /** Going out leads back to the one before. */
  | "zoomed"
  /** Many small steps, of which the browser's history shall have one. */
  | "nudged";

/** Browsers refuse an address that is changed more than about a hundred times in half a minute. */
const REST_MS = 400;

export class PageRange {
  readonly #datasets: { readonly bounds: Range };
  readonly #span: number | null;
  readonly #listeners: (() => void)[] = [];
  #current: Range;
  #told = false;
  #before: Range[] = [];
  #last: Change | null = null;
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(datasets: { readonly bounds: Range }, span: number | null) {
    this.#datasets = datasets;
    this.#span = span;
    this.#current = usual(datasets.bounds, span);
    this.#read();
    window.addEventListener("hashchange", () => this.#follow());
    window.addEventListener("popstate", () => this.#follow());
  }

  /** From the first reading to the newest, of what came so far. */
  get bounds(): Range {
    return this.#datasets.bounds;
  }

  get current(): Range {
    return this.#current;
  }

  /** The hash that tells the range; empty for the one that a page shows by itself. */
  get hash(): string {
    return this.#told ? formatHash(this.#current) : "";
  }

  /** Datasets came late: unless a range was asked for, the newest of theirs is shown. */
  refresh(): void {
    if (!this.#told) this.#current = usual(this.bounds, this.#span);
    this.#tell();
  }

  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  set(range: Range, change: Change): void {
    if (same(range, this.#current)) return;
    if (change === "zoomed") this.#before.push(this.#current);
    else if (change === "picked") this.#before = [];
    const replace = change === "nudged" && this.#last === "nudged";
    this.#last = change;
    this.#go(range, replace);
  }

  /** Back to what was shown before zooming in; from there to twice as much. */
  out(): void {
    const { from, to } = this.#current;
    const half = (to - from) / 2;
    this.#last = null;
    this.#go(this.#before.pop() ?? fit({ from: from - half, to: to + half }, this.bounds), false);
  }

  #go(range: Range, replace: boolean): void {
    if (same(range, this.#current)) return;
    this.#told = true;
    this.#current = range;
    this.#write(replace);
    this.#tell();
  }

  #read(): boolean {
    const hash = location.hash;
    const told = parseHash(hash);
    // Other hashes are of links within the page.
    if (!told && hash !== "" && hash !== "#") return false;
    this.#told = told !== null;
    this.#current = told ?? usual(this.bounds, this.#span);
    return true;
  }

  #follow(): void {
    clearTimeout(this.#writing);
    const shown = this.#current;
    if (!this.#read() || same(shown, this.#current)) return;
    this.#before = [];
    this.#last = null;
    this.#tell();
  }

  /** Of many small steps the address has the last one, when they rest. */
  #write(replace: boolean): void {
    clearTimeout(this.#writing);
    if (replace) this.#writing = setTimeout(() => this.#writeNow(true), REST_MS);
    else this.#writeNow(false);
  }

  #writeNow(replace: boolean): void {
    const hash = formatHash(this.#current);
    if (hash === location.hash) return;
    try {
      if (replace) history.replaceState(null, "", hash);
      else history.pushState(null, "", hash);
    } catch {
      // A browser that had enough of it: the range is shown all the same.
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
