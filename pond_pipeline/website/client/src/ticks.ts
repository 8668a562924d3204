// Where the time axis is labelled: round instants by the clocks of a zone.

import type { Clock } from "./clock.ts";
import { DAY, HOUR, MINUTE, type Range, spanOf } from "./range.ts";

export interface Tick {
  t: number;
  /** A second line says what the first one leaves out, where it changes. */
  label: string;
}

type Unit = "second" | "month" | "year";

interface Stride {
  unit: Unit;
  count: number;
  seconds: number;
}

const WEEK = 7 * DAY;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const inSeconds = (...seconds: number[]): Stride[] =>
  seconds.map((each) => ({ unit: "second", count: each, seconds: each }));

const STRIDES: readonly Stride[] = [
  ...inSeconds(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
  ...inSeconds(HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, WEEK, 2 * WEEK),
  ...[1, 2, 3, 6].map((count): Stride => ({ unit: "month", count, seconds: count * 30 * DAY })),
  ...[1, 2, 5, 10, 20, 50, 100].map((count): Stride => ({
    unit: "year",
    count,
    seconds: count * 365 * DAY,
  })),
];

/** A Monday: weeks begin on one. */
const WEEKS_FROM = 4 * DAY;

/** The rounded wall times from `from` on, as if in UTC. */
function* rounded({ unit, count }: Stride, from: number): Generator<number> {
  if (unit === "second") {
    const origin = count % WEEK === 0 ? WEEKS_FROM : 0;
    for (let wall = Math.ceil((from - origin) / count) * count + origin; ; wall += count)
      yield wall;
  }
  const first = new Date(from * 1000);
  const step = unit === "month" ? count : count * 12;
  const month = first.getUTCFullYear() * 12 + first.getUTCMonth();
  for (let at = Math.floor(month / step) * step; ; at += step) {
    const wall = Date.UTC(Math.floor(at / 12), at % 12, 1) / 1000;
    if (wall >= from) yield wall;
  }
}

function labels(stride: Stride, wall: number): [string, string] {
  const iso = new Date(wall * 1000).toISOString();
  const year = iso.slice(0, 4);
  const month = MONTHS[Number(iso.slice(5, 7)) - 1]!;
  const day = `${Number(iso.slice(8, 10))} ${month}`;
  if (stride.unit === "year") return [year, ""];
  if (stride.unit === "month") return [month, year];
  return stride.count >= DAY ? [day, year] : [iso.slice(11, 16), day];
}

/** At most `most` (at least two) ticks of a range. */
export function ticks(range: Range, clock: Clock, most: number): Tick[] {
  const room = spanOf(range) / Math.max(2, most);
  const stride = STRIDES.find((each) => each.seconds >= room) ?? STRIDES.at(-1)!;
  const found: Tick[] = [];
  let context = "";
  for (const wall of rounded(stride, clock.wall(range.from))) {
    const t = clock.instant(wall);
    if (t > range.to) break;
    // Two wall times are one instant where an hour is left out.
    if (t < range.from || t === found.at(-1)?.t) continue;
    const [label, more] = labels(stride, wall);
    found.push({ t, label: more === context ? label : `${label}\n${more}` });
    context = more;
  }
  return found;
}
