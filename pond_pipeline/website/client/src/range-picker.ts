// The controls of the range: presets, steps, two dates.

import { Clock } from "./clock.ts";
import { button, element } from "./element.ts";
import type { PageRange } from "./page-range.ts";
import { DAY, fit, newest, pan, PRESETS, same, spanOf } from "./range.ts";

export class RangePicker {
  readonly #range: PageRange;
  readonly #clock: Clock;
  readonly #presets: { made: HTMLButtonElement; span: number | null }[];
  readonly #from: HTMLInputElement;
  readonly #to: HTMLInputElement;
  readonly #earlier: HTMLButtonElement;
  readonly #later: HTMLButtonElement;
  readonly #newest: HTMLButtonElement;

  constructor(place: Element, range: PageRange, clock: Clock) {
    this.#range = range;
    this.#clock = clock;
    this.#presets = PRESETS.map(({ label, span }) => ({
      span,
      made: button(label, () => this.#pick(span), { class: "preset" }),
    }));
    this.#earlier = button("‹", () => this.#step(-1), {
      "aria-label": "Earlier",
      title: "Earlier",
    });
    this.#later = button("›", () => this.#step(1), { "aria-label": "Later", title: "Later" });
    this.#newest = button("Newest", () => this.#toNewest());
    this.#from = element("input", { type: "date", required: true });
    this.#to = element("input", { type: "date", required: true });
    for (const field of [this.#from, this.#to])
      field.addEventListener("change", () => this.#dates());
    place.append(
      element(
        "div",
        { class: "presets", role: "group", "aria-label": "How much to show" },
        ...this.#presets.map(({ made }) => made),
      ),
      element(
        "div",
        { class: "steps", role: "group", "aria-label": "Earlier and later" },
        this.#earlier,
        this.#later,
        this.#newest,
      ),
      element(
        "div",
        { class: "dates", role: "group", "aria-label": `From one day to another, ${clock.label}` },
        element("label", {}, element("span", { class: "unseen" }, "From"), this.#from),
        "–",
        element("label", {}, element("span", { class: "unseen" }, "To"), this.#to),
      ),
    );
    range.subscribe(() => this.#show());
    this.#show();
  }

  #pick(span: number | null): void {
    const { current, bounds } = this.#range;
    if (span === null) this.#range.set({ ...bounds }, "picked");
    else this.#range.set(fit({ from: current.to - span, to: current.to }, bounds), "picked");
  }

  #step(part: number): void {
    this.#range.set(pan(this.#range.current, part, this.#range.bounds), "nudged");
  }

  #toNewest(): void {
    const { current, bounds } = this.#range;
    this.#range.set(newest(bounds, spanOf(current)), "picked");
  }

  /** Both days are shown whole, by the zone's clocks. */
  #dates(): void {
    const from = this.#from.valueAsNumber / 1000;
    const to = this.#to.valueAsNumber / 1000 + DAY;
    const wrong = !(from < to);
    this.#to.setCustomValidity(wrong ? "The last day is before the first." : "");
    // While a date is being typed, it is no date at times.
    if (Number.isNaN(from) || Number.isNaN(to)) return;
    if (wrong) this.#to.reportValidity();
    else
      this.#range.set({ from: this.#clock.instant(from), to: this.#clock.instant(to) }, "picked");
  }

  #show(): void {
    const { current, bounds } = this.#range;
    for (const { made, span } of this.#presets) {
      const isShown = span === null ? same(current, bounds) : spanOf(current) === span;
      made.setAttribute("aria-pressed", String(isShown));
    }
    const isNewest = current.to >= bounds.to;
    // Not `disabled`: the focus of who got here by pressing it would be lost.
    this.#later.setAttribute("aria-disabled", String(isNewest));
    this.#newest.setAttribute("aria-disabled", String(isNewest));
    this.#earlier.setAttribute("aria-disabled", String(current.from <= bounds.from));
    this.#to.setCustomValidity("");
    this.#from.value = this.#clock.date(current.from);
    this.#to.value = this.#clock.date(current.to - 1);
  }
}
