// What a chart shows, as tables: for who cannot see it, and for who wants the numbers.

import type { Clock } from "./clock.ts";
import { rows } from "./csv.ts";
import type { Note } from "./dataset.ts";
import { element } from "./element.ts";
import { FLAGS } from "./legend.ts";
import type { Line } from "./line.ts";
import { format, withUnit } from "./number.ts";
import { type Drawn, drawn } from "./trace.ts";
import type { Range } from "./range.ts";

/** More rows than this nobody reads in a page; the CSV has them all. */
const MOST_ROWS = 500;

export interface Shown {
  title: string;
  unit: string;
  lines: readonly Line[];
  range: Range;
  clock: Clock;
  decimals: number;
  notes: readonly Note[];
  tellNote: (note: Note) => string;
}

const head = (text: string, isNumber = false): HTMLElement =>
  element("th", { scope: "col", class: isNumber ? "number" : null }, text);

const number = (text: string): HTMLElement => element("td", { class: "number" }, text);

function bucketTable({ title, unit, lines, range, clock, decimals }: Shown): Node[] {
  const parts: Drawn[] = lines.map(({ trace }) => drawn(trace, range));
  const all = rows(parts);
  const isSpread = parts.map((each) =>
    each.avg.some((avg, i) => each.min[i] !== avg || each.max[i] !== avg),
  );
  const many = lines.length > 1;
  const heads = lines.flatMap(({ label }, i) => {
    const name = (what: string): string =>
      withUnit(many ? `${label} ${what}` : what, unit && `(${unit})`);
    return [name("avg"), ...(isSpread[i] ? [name("min"), name("max")] : [])].map((each) =>
      head(each, true),
    );
  });
  const local = clock.isUtc ? [] : [head(clock.label)];
  const body = all.slice(0, MOST_ROWS).map(({ t, values }) => {
    const cells = values
      .filter((_, i) => i % 3 === 0 || isSpread[Math.floor(i / 3)])
      .map((value) => number(value === null ? "" : format(value, decimals)));
    const stamp = element(
      "th",
      { scope: "row" },
      new Date(t * 1000).toISOString().slice(0, 16).replace("T", " "),
    );
    return element(
      "tr",
      {},
      stamp,
      ...(clock.isUtc ? [] : [element("td", {}, clock.stamp(t))]),
      ...cells,
    );
  });
  const count =
    all.length > MOST_ROWS
      ? `The first ${MOST_ROWS} of ${all.length} buckets; the CSV has them all.`
      : `${all.length} ${all.length === 1 ? "bucket" : "buckets"}.`;
  return [
    element("p", { class: "count" }, count),
    element(
      "div",
      { class: "scroll", role: "region", "aria-label": `Table: ${title}`, tabindex: "0" },
      element(
        "table",
        { class: "readings" },
        element("thead", {}, element("tr", {}, head("UTC"), ...local, ...heads)),
        element("tbody", {}, ...body),
      ),
    ),
  ];
}

function listed(title: string, items: string[]): Node[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, MOST_ROWS).map((each) => element("li", {}, each));
  const more = items.length - shown.length;
  if (more > 0) shown.push(element("li", {}, `and ${more} more`));
  return [
    element("p", { class: "listed" }, title),
    element("ul", { "aria-label": title }, ...shown),
  ];
}

/** The buckets, the flagged readings and the notes of what is shown. */
export function tables(shown: Shown): Node[] {
  const { lines, unit, clock, decimals } = shown;
  const flagged = lines
    .flatMap(({ label, flagged }) => flagged.map((each) => ({ label, ...each })))
    .sort((a, b) => a.t - b.t)
    .map(({ label, t, value, flag }) => {
      const told = value === null ? "no value" : withUnit(format(value, decimals), unit);
      return `${clock.both(t)}: ${label} ${told}, ${FLAGS[flag] ?? `flag ${flag}`}`;
    });
  return [
    ...bucketTable(shown),
    ...listed("Flagged readings", flagged),
    ...listed("Notes", shown.notes.map(shown.tellNote)),
  ];
}
