// The legend of a chart: what each line is, switches for them, and values at the cursor.

import type { Clock } from "./clock.ts";
import { element } from "./element.ts";
import type { Line } from "./line.ts";
import { colorOf, dashOf } from "./palette.ts";
import type { Sample } from "./marks.ts";
import { format, withUnit } from "./number.ts";
import { nearest } from "./trace.ts";

const SVG = "http://www.w3.org/2000/svg";

interface Entry {
  line: Line;
  swatch: SVGLineElement;
  toggle: HTMLButtonElement;
  value: HTMLElement;
  spread: HTMLElement;
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

export class Legend {
  readonly instant = element("p", { class: "instant" });
  readonly list = element("ul", { class: "legend" });
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
      marks: element("span", { class: "flagged" }),
    };
    toggle.addEventListener("click", () => events.switched(line));
    const more = element("span", { class: "more" }, entry.spread, " ", entry.marks);
    const item = element("li", {}, toggle, entry.value, more);
    item.addEventListener("mouseenter", () => events.emphasized(line));
    item.addEventListener("mouseleave", () => events.emphasized(null));
    this.list.append(item);
    return entry;
  }

  /** Which lines are on, in which colors. */
  refresh(): void {
    for (const { line, swatch: stroke, toggle } of this.#entries) {
      stroke.style.stroke = colorOf(line.index);
      toggle.setAttribute("aria-pressed", String(line.on));
    }
  }

  /**
   * Say what the lines have at an instant; without one, at the newest bucket that is shown.
   * Returns it as a sentence.
   */
  tell(
    pointed: number | null,
    clock: Clock,
    decimals: number,
    samples: readonly Sample[],
    to: number,
  ): string {
    const instant = pointed ?? this.#newest(to);
    const said: string[] = [];
    let at: number | null = null;
    for (const entry of this.#entries) {
      const { line } = entry;
      const bucket = instant === null ? -1 : nearest(line.trace, instant);
      const has = bucket >= 0;
      if (has) at ??= line.trace.t[bucket]!;
      const value = has ? withUnit(format(line.trace.avg[bucket]!, decimals), this.#unit) : "";
      const [low, high] = [line.trace.min[bucket], line.trace.max[bucket]];
      const isWide = has && low !== high;
      const spread = isWide ? `${format(low!, decimals)} – ${format(high!, decimals)}` : "";
      const marks = instant === null ? "" : this.#marks(line, instant, decimals, samples);
      this.#set(entry.value, has || !line.on ? value : "–");
      this.#set(entry.spread, spread);
      this.#set(entry.marks, marks);
      if (line.on)
        said.push([line.label, value || "no reading", spread, marks].filter(Boolean).join(" "));
    }
    const when = at ?? instant;
    const stamp = when === null ? "" : clock.both(when);
    this.#set(this.instant, pointed === null && stamp ? `Newest shown: ${stamp}` : stamp);
    return [stamp, ...said].join("; ");
  }

  #newest(to: number): number | null {
    let newest = Number.NEGATIVE_INFINITY;
    for (const { line } of this.#entries) {
      const last = line.trace.t.findLast((t) => t < to) ?? newest;
      newest = Math.max(newest, last);
    }
    return Number.isFinite(newest) ? newest : null;
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
