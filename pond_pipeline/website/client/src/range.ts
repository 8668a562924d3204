// A range of time [from, to) in epoch seconds, and what one does with it.

export interface Range {
  from: number;
  to: number;
}

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86400;
const YEAR = 365 * DAY;

/** Narrower than this nothing is to be seen: instruments read every minute at best. */
const NARROWEST = 10 * MINUTE;

export interface Preset {
  label: string;
  /** Seconds, or null for all there is. */
  span: number | null;
}

export const PRESETS: readonly Preset[] = [
  { label: "1 day", span: DAY },
  { label: "1 week", span: 7 * DAY },
  { label: "1 month", span: 30 * DAY },
  { label: "3 months", span: 91 * DAY },
  { label: "1 year", span: YEAR },
  { label: "All", span: null },
];

const UNITS: Record<string, number> = {
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  mo: (YEAR * 400 + 97 * DAY) / 4800,
  y: YEAR,
};

/** `30d`, `12h`, `6w`, `3mo`, `1y` as seconds; `all` as null; anything else as `otherwise`. */
export function parseSpan(text: string, otherwise: number): number | null {
  if (text.trim() === "all") return null;
  const found = /^\s*(\d{1,6})\s*(h|d|w|mo|y)\s*$/.exec(text);
  const span = Number(found?.[1]) * (UNITS[found?.[2] ?? ""] ?? Number.NaN);
  return span > 0 ? Math.round(span) : otherwise;
}

export const spanOf = (range: Range): number => range.to - range.from;

export const same = (a: Range, b: Range): boolean => a.from === b.from && a.to === b.to;

/** The last `span` seconds of what there is, or all of it. */
export function newest(bounds: Range, span: number | null): Range {
  return span === null ? { ...bounds } : { from: bounds.to - span, to: bounds.to };
}

/** What a page shows by itself: the last `span` seconds, or all there is where that is less. */
export function usual(bounds: Range, span: number | null): Range {
  return newest(bounds, span !== null && span < spanOf(bounds) ? span : null);
}

/** Whole seconds, neither too narrow nor wider than `widest`, and not beside all readings. */
export function fit(range: Range, bounds: Range): Range {
  const widest = Math.max(spanOf(bounds), YEAR);
  let span = Math.round(Math.min(Math.max(spanOf(range), NARROWEST), widest));
  if (!Number.isFinite(span)) span = widest;
  let from = Math.round((range.from + range.to - span) / 2);
  from = Math.max(from, bounds.from - span + NARROWEST);
  from = Math.min(from, bounds.to - span);
  return { from, to: from + span };
}

/** Moved by a part of its own width; 1 is the next one. */
export function pan(range: Range, part: number, bounds: Range): Range {
  const by = Math.round(spanOf(range) * part);
  return fit({ from: range.from + by, to: range.to + by }, bounds);
}

/** Wider (factor > 1) or narrower, with the instant `around` staying where it is. */
export function zoom(range: Range, factor: number, around: number, bounds: Range): Range {
  const from = around - (around - range.from) * factor;
  return fit({ from, to: from + spanOf(range) * factor }, bounds);
}

/** Fingers closer than this, in pixels, say nothing of how much is wanted. */
const NEAREST_FINGERS = 10;

/**
 * The range in which the instants below two fingers stay below them; null where there is none.
 * Positions are in pixels from the left edge of a plot as wide as `width`.
 */
export function pinch(
  range: Range,
  width: number,
  before: readonly [number, number],
  now: readonly [number, number],
): Range | null {
  const wide = spanOf(range) / width;
  const apart = now[1] - now[0];
  const perPixel = (wide * (before[1] - before[0])) / apart;
  if (Math.abs(apart) < NEAREST_FINGERS || !(perPixel > 0)) return null;
  const from = range.from + before[0] * wide - now[0] * perPixel;
  return { from, to: from + width * perPixel };
}
