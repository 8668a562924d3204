// The controls of the range: presets, steps, two dates.

import { Clock } from "./clock.ts";
import { button, element } from "./element.ts";
import { FIRST_YEAR } from "./hash.ts";
import type { PageRange } from "./page-range.ts";
import { DAY, fit, newest, pan, PRESETS, same, spanOf } from "./range.ts";

const isOff = (made: HTMLButtonElement): boolean => made.getAttribute("aria-disabled") === "true";

export class RangePicker {
  readonly #range: PageRange;
  /** That of the charts: their datasets may come late. */
  readonly #clock: () => Clock;
  readonly #days: HTMLElement;
  readonly #presets: { made: HTMLButtonElement; span: number | null }[];
  readonly #from: HTMLInputElement;
  readonly #to: HTMLInputElement;
  readonly #earlier: HTMLButtonElement;
  readonly #later: HTMLButtonElement;
  readonly #newest: HTMLButtonElement;

  constructor(place: Element, range: PageRange, clock: () => Clock) {
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
      field.addEventListener("change", () => this.#dates(field));
    this.#days = element(
      "div",
      { class: "dates", role: "group" },
      element("label", {}, element("span", { class: "unseen" }, "From"), this.#from),
      "–",
      element("label", {}, element("span", { class: "unseen" }, "To"), this.#to),
    );
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
      this.#days,
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
    if (isOff(part < 0 ? this.#earlier : this.#later)) return;
    this.#range.set(pan(this.#range.current, part, this.#range.bounds), "nudged");
  }

  #toNewest(): void {
    if (isOff(this.#newest)) return;
    const { current, bounds } = this.#range;
    this.#range.set(newest(bounds, spanOf(current)), "picked");
  }

  /** Both days are shown whole, by the zone's clocks. */
  #dates(changed: HTMLInputElement): void {
    const fields = [this.#from, this.#to];
    // While a date is typed, it is none at times, or one of the year 2, 20 and 202.
    if (!fields.every((each) => (each.valueAsDate?.getUTCFullYear() ?? 0) >= FIRST_YEAR)) return;
    const from = this.#from.valueAsNumber / 1000;
    const to = this.#to.valueAsNumber / 1000 + DAY;
    const wrong = from < to ? "" : "The last day is before the first.";
    for (const each of fields) each.setCustomValidity(each === changed ? wrong : "");
    // Of the field that has the focus: it stays there.
    if (!changed.reportValidity()) return;
    const clock = this.#clock();
    this.#range.set({ from: clock.instant(from), to: clock.instant(to) }, "nudged");
  }

  #show(): void {
    const { current, bounds } = this.#range;
    for (const { made, span } of this.#presets) {
      const isShown = span === null ? same(current, bounds) : spanOf(current) === span;
      made.setAttribute("aria-pressed", String(isShown));
    }
    // Not `disabled`: the focus of who got here by pressing one would be lost.
    this.#later.setAttribute("aria-disabled", String(current.to >= bounds.to));
    this.#newest.setAttribute("aria-disabled", String(current.to === bounds.to));
    this.#earlier.setAttribute("aria-disabled", String(current.from <= bounds.from));
    const clock = this.#clock();
    this.#days.setAttribute("aria-label", `From one day to another, ${clock.label}`);
    for (const each of [this.#from, this.#to]) each.setCustomValidity("");
    this.#from.value = clock.date(current.from);
    this.#to.value = clock.date(current.to - 1);
  }
}
