// What a chart says in words.

import type { Clock } from "./clock.ts";
import { formatInstant } from "./hash.ts";
import type { Range } from "./range.ts";

/** What did not come, by address; null if all did. */
export function missingInWords([first, ...more]: readonly string[]): string | null {
  if (first === undefined) return null;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return `Some readings could not be loaded: ${first}${others}.`;
}

/** Why nothing is to be seen, and where something is. */
export function emptiness(isAnyOn: boolean, newest: number | null, clock: Clock): string {
  if (!isAnyOn) return "All lines are switched off.";
  const told = newest === null ? "" : `; newest ${clock.stamp(newest)} ${clock.name(newest)}`;
  return `No readings in this range${told}.`;
}

/** `Temperature (°C), 2026-11-04 16:00 to 2026-11-05 16:00 PST`. */
export function labelOf(title: string, unit: string, { from, to }: Range, clock: Clock): string {
  const measured = unit === "" ? title : `${title} (${unit})`;
  return `${measured}, ${clock.stamp(from)} to ${clock.stamp(to)} ${clock.name(to)}`;
}

/** The name of a file of what is shown, without what file systems do not like. */
export function fileName(title: string, { from, to }: Range): string {
  const span = `${formatInstant(from)}-${formatInstant(to)}`.replaceAll(":", "");
  return `${title} ${span}`.replace(/[^\p{L}\p{N}.-]+/gu, "-");
}
