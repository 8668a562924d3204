// The legend of a chart: what each line is, switches for them, and values at the cursor.

import type { Clock } from "./clock.ts";
import { element } from "./element.ts";
import type { Line } from "./line.ts";
import { colorOf, dashOf, MOST_LINES } from "./palette.ts";
import type { Sample } from "./marks.ts";
import { format, withUnit } from "./number.ts";
import type { Range } from "./range.ts";
import { nearest, type Trace, within } from "./trace.ts";
import type { Behind } from "./wording.ts";

const SVG = "http://www.w3.org/2000/svg";

interface Entry {
  line: Line;
  swatch: SVGLineElement;
  toggle: HTMLButtonElement;
  value: HTMLElement;
  spread: HTMLElement;
  newest: HTMLElement;
  marks: HTMLElement;
}

export interface LegendEvents {
  switched: (line: Line) => void;
  emphasized: (line: Line | null) => void;
}

export const FLAGS: Record<number, string> = { 3: "suspect", 4: "fail" };

function swatch(index: number): [SVGSVGElement, SVGLineElement] {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "line");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 22 8");
  svg.setAttribute("aria-hidden", "true");
  for (const [key, value] of Object.entries({ x1: "1", x2: "21", y1: "4", y2: "4" })) {
    line.setAttribute(key, value);
  }
  line.setAttribute("stroke-dasharray", dashOf(index).join(" "));
  svg.append(line);
  return [svg, line];
}

/** Index of the last bucket that is shown of a range; -1 without any. */
function last(made: Trace, range: Range): number {
  const [first, end] = within(made, range);
  return first < end ? end - 1 : -1;
}

export class Legend {
  readonly #instant = element("p", { class: "instant" });
  readonly #list = element("ul", { class: "legend" });
  readonly #hint = element("p", { class: "hint" });
  readonly parts: readonly Node[] = [this.#instant, this.#list, this.#hint];
  readonly #unit: string;
  readonly #entries: Entry[];
  #shown = new Map<HTMLElement, string>();

  constructor(lines: readonly Line[], unit: string, events: LegendEvents) {
    this.#unit = unit;
    this.#entries = lines.map((line) => this.#entry(line, events));
  }

  #entry(line: Line, events: LegendEvents): Entry {
    const [svg, stroke] = swatch(line.index);
    const toggle = element("button", { type: "button", class: "line" }, svg, line.label);
    const entry: Entry = {
      line,
      swatch: stroke,
      toggle,
      value: element("span", { class: "value" }),
      spread: element("span", { class: "spread" }),
      newest: element("span", { class: "newest", hidden: true }),
      marks: element("span", { class: "flagged" }),
    };
    toggle.addEventListener("click", () => events.switched(line));
    const more = element("span", { class: "more" }, entry.spread, " ", entry.marks);
    const item = element("li", {}, toggle, entry.value, more, entry.newest);
    item.addEventListener("mouseenter", () => events.emphasized(line));
    item.addEventListener("mouseleave", () => events.emphasized(null));
    this.#list.append(item);
    return entry;
  }

  /** Which lines are on, in which colors. */
  refresh(): void {
    for (const { line, swatch: stroke, toggle } of this.#entries) {
      stroke.style.stroke = colorOf(line.index);
      toggle.setAttribute("aria-pressed", String(line.on));
    }
    const all = this.#entries.length;
    const on = this.#entries.filter(({ line }) => line.on).length;
    this.#hint.textContent = `${on} of ${all} lines are shown; press a name to show or hide it.`;
    this.#hint.hidden = all <= MOST_LINES;
  }

  /** Say of lines that are behind when their newest bucket was, wherever the cursor is. */
  date(behindOf: (line: Line) => Behind | null): void {
    for (const { line, newest } of this.#entries) {
      const told = line.on ? behindOf(line) : null;
      newest.hidden = told === null;
      newest.classList.toggle("late", told?.isLate ?? false);
      this.#set(newest, told?.text ?? "");
    }
  }

  /**
   * Say what the lines have at an instant; without one, in the newest bucket that is shown of each.
   * Returns it as a sentence.
   */
  tell(
    pointed: number | null,
    clock: Clock,
    decimals: number,
    samples: readonly Sample[],
    range: Range,
  ): string {
    const newest = this.#newest(range);
    const said: string[] = [];
    let at = pointed === null ? newest : null;
    for (const entry of this.#entries) {
      const { line } = entry;
      const bucket = pointed === null ? last(line.trace, range) : nearest(line.trace, pointed);
      const has = bucket >= 0;
      const begin = has ? line.trace.t[bucket]! : null;
      at ??= begin;
      const instant = pointed ?? begin;
      const value = has ? withUnit(format(line.trace.avg[bucket]!, decimals), this.#unit) : "";
      const [low, high] = [line.trace.min[bucket], line.trace.max[bucket]];
      const isWide = has && low !== high;
      const band = isWide ? `${format(low!, decimals)} – ${format(high!, decimals)}` : "";
      // Unless somebody points, lines may end at different times.
      const older = pointed === null && begin !== null && begin !== newest;
      const spread = [older ? this.#when(begin, newest!, clock) : "", band]
        .filter(Boolean)
        .join(" · ");
      const marks = instant === null ? "" : this.#marks(line, instant, decimals, samples);
      this.#set(entry.value, has || !line.on ? value : "–");
      this.#set(entry.spread, spread);
      this.#set(entry.marks, marks);
      if (line.on)
        said.push([line.label, value || "no reading", spread, marks].filter(Boolean).join(" "));
    }
    const when = at ?? pointed;
    const stamp = when === null ? "" : clock.both(when);
    this.#set(this.#instant, pointed === null && stamp ? `Newest shown: ${stamp}` : stamp);
    return [stamp, ...said].join("; ");
  }

  /** When a bucket begins, as short as it is told beside a newer one. */
  #when(t: number, newer: number, clock: Clock): string {
    const date = clock.date(t);
    return date === clock.date(newer) ? `at ${clock.stamp(t).slice(11)}` : `on ${date}`;
  }

  #newest(range: Range): number | null {
    const shown = this.#entries.flatMap(({ line }) => line.trace.t[last(line.trace, range)] ?? []);
    return shown.length === 0 ? null : Math.max(...shown);
  }

  #marks(line: Line, instant: number, decimals: number, samples: readonly Sample[]): string {
    const near = (t: number): boolean => Math.abs(t - instant) <= line.trace.step;
    const flagged = line.flagged
      .filter(({ t }) => near(t))
      .slice(0, 3)
      .map(({ value, flag }) => {
        const told = value === null ? "no value" : format(value, decimals);
        return `${flag === 4 ? "✕" : "△"} ${told} ${FLAGS[flag] ?? `flag ${flag}`}`;
      });
    const taken = samples
      .filter((each) => each.line === line && near(each.t))
      .map(({ value }) => `◆ ${format(value, decimals)} sample`);
    return [...flagged, ...taken].join(", ");
  }

  /** Texts are touched only where they change: the cursor moves more often than buckets do. */
  #set(place: HTMLElement, text: string): void {
    if (this.#shown.get(place) === text) return;
    this.#shown.set(place, text);
    place.textContent = text;
  }
}
