// What one line of a chart shows: a column's buckets of several tiles, and where it is interrupted.

import type { Range } from "./range.ts";
import type { Flagged, Tile, Value } from "./tile.ts";

export interface Trace {
  /** Starts of the buckets that have a value, ascending. */
  t: number[];
  avg: number[];
  min: number[];
  max: number[];
  step: number;
  gap: number;
}

/** Index of the first element that is not below `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The buckets with a start in [from, to), and one beyond either end: lines go to the edges. */
export function trace(
  tiles: readonly Tile[],
  column: string,
  range: Range,
  { step, gap }: { step: number; gap: number },
): Trace {
  const made: Trace = { t: [], avg: [], min: [], max: [], step, gap };
  for (const tile of tiles) {
    const buckets = tile.columns.get(column);
    if (!buckets) continue;
    const last = Math.min(tile.t.length, lowerBound(tile.t, range.to) + 1);
    for (let i = Math.max(0, lowerBound(tile.t, range.from) - 1); i < last; i++) {
      const avg = buckets.avg[i] ?? null;
      if (avg === null) continue;
      made.t.push(tile.t[i]!);
      made.avg.push(avg);
      made.min.push(buckets.min[i] ?? avg);
      made.max.push(buckets.max[i] ?? avg);
    }
  }
  return made;
}

export function flaggedIn(
  tiles: readonly Tile[],
  column: string,
  range: Range,
): Flagged[] {
  const all = tiles.flatMap((tile) => tile.flagged.get(column) ?? []);
  return all.filter(({ t }) => range.from <= t && t < range.to);
}

/** The values of flagged readings that have one. */
export function valuesOf(flagged: readonly Flagged[]): number[] {
  return flagged.flatMap(({ value }) => value ?? []);
}

/** Index of the bucket closest to an instant and no more than a step away from it; else -1. */
export function nearest(made: Trace, instant: number): number {
  const right = lowerBound(made.t, instant);
  const distance = (i: number): number => Math.abs((made.t[i] ?? Number.NaN) - instant);
  const best =
    distance(right - 1) <= distance(right) || right === made.t.length ? right - 1 : right;
  return distance(best) <= made.step ? best : -1;
}

/** The instant so many further on, or at the end; the first or last where none is given. */
export function next(sorted: readonly number[], instant: number | null, by: number): number | null {
  if (instant === null) return sorted.at(by > 0 ? 0 : -1) ?? null;
  const here = lowerBound(sorted, instant);
  // Between two of them the one on either side is the next.
  const from = by > 0 && sorted[here] !== instant ? here - 1 : here;
  return sorted[Math.min(Math.max(from + by, 0), sorted.length - 1)] ?? null;
}

/** Whether the line goes on from bucket i to the next one. */
export function goesOn(made: Trace, i: number): boolean {
  return i >= 0 && i + 1 < made.t.length && made.t[i + 1]! - made.t[i]! <= made.gap;
}

/**
 * Indices [first, end) of the buckets that lie in a range at least in part. Where they begin is
 * theirs to tell: days may be those of a zone, weeks begin on Mondays, months are what they are.
 */
export function within({ t, step }: Trace, { from, to }: Range): [number, number] {
  const after = lowerBound(t, from);
  const before = t[after - 1];
  const isReached = t[after] !== from && before !== undefined && before + step > from;
  return [isReached ? after - 1 : after, lowerBound(t, to)];
}

/** Lowest and highest value shown in a range, or null where there is none. */
export function extent(made: Trace, range: Range): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const [first, last] = within(made, range);
  for (let i = first; i < last; i++) {
    if (made.min[i]! < low) low = made.min[i]!;
    if (made.max[i]! > high) high = made.max[i]!;
  }
  return low <= high ? [low, high] : null;
}

export interface Drawn {
  t: number[];
  avg: Value[];
  min: Value[];
  max: Value[];
}

/** The buckets of a range, with a null where the line is interrupted. */
export function drawn(made: Trace, range: Range): Drawn {
  const shown: Drawn = { t: [], avg: [], min: [], max: [] };
  const [first, last] = within(made, range);
  for (let i = first; i < last; i++) {
    shown.t.push(made.t[i]!);
    shown.avg.push(made.avg[i]!);
    shown.min.push(made.min[i]!);
    shown.max.push(made.max[i]!);
    if (i + 1 < last && !goesOn(made, i)) {
      shown.t.push(made.t[i]! + made.step);
      shown.avg.push(null);
      shown.min.push(null);
      shown.max.push(null);
    }
  }
  return shown;
}
