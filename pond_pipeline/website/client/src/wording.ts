// What a chart says in words.

import { age, isLate } from "./age.ts";
import type { Clock } from "./clock.ts";
import type { Column, Dataset } from "./dataset.ts";
import { formatInstant } from "./hash.ts";
import type { Range } from "./range.ts";

/** A resolution as people write it: `24 h`, and `10 min`, since a chart's `m` is a meter. */
export const spaced = (resolution: string): string =>
  resolution.replace(/m$/, "min").replace(/\d(?=[a-z])/i, "$& ");

/** What did not come, by address; null if all did. */
export function missingInWords([first, ...more]: readonly string[]): string | null {
  if (first === undefined) return null;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return `Some readings could not be loaded: ${first}${others}.`;
}

/** What is said of a column that ended before the others of its dataset, or is late. */
export interface Behind {
  text: string;
  isLate: boolean;
}

/** When the newest bucket of such a column was; null for others. */
export function behind(dataset: Dataset, column: Column, clock: Clock, now: number): Behind | null {
  const { newest = null, late } = column;
  const finest = dataset.resolutions[0];
  if (newest === null || !finest) return null;
  const is = isLate(newest + finest.step, late ?? Number.NaN, now);
  if (!is && dataset.last - newest <= finest.gap) return null;
  const old = `${age(now - newest)}${is ? ", late" : ""}`;
  return { text: `newest ${clock.stamp(newest)} ${clock.name(newest)} (${old})`, isLate: is };
}

/** Why no line is to be seen, and where one is. */
export function emptiness(
  known: { isAnyOn: boolean; isFlagged: boolean; newest: number | null; range: Range },
  clock: Clock,
): string {
  const { isAnyOn, isFlagged, newest, range } = known;
  if (!isAnyOn) return "All lines are switched off.";
  if (isFlagged) return "All readings in this range are flagged.";
  // Within the range it is of a line that is switched off.
  const isElsewhere = newest !== null && (newest < range.from || newest >= range.to);
  const told = isElsewhere ? `; newest ${clock.stamp(newest)} ${clock.name(newest)}` : "";
  return `No readings in this range${told}.`;
}

/** `Temperature (°C), 2026-11-04 16:00 to 2026-11-05 16:00 PST`. */
export function labelOf(title: string, unit: string, { from, to }: Range, clock: Clock): string {
  const measured = unit === "" ? title : `${title} (${unit})`;
  return `${measured}, ${clock.span({ from, to })}`;
}

/** The name of a file of what is shown, without what file systems do not like. */
export function fileName(title: string, { from, to }: Range): string {
  const span = `${formatInstant(from)}-${formatInstant(to)}`.replaceAll(":", "");
  return `${title} ${span}`.replace(/[^\p{L}\p{N}.-]+/gu, "-");
}
