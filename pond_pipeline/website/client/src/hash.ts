// A range as the hash of an address, so that a link shows the same.

import type { Range } from "./range.ts";

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?Z?)?$/;

/** Nothing was measured before: a year is one of these while its first digits are typed. */
export const FIRST_YEAR = 1000;

/** Epoch seconds of `2026-10-01` or `2026-10-01T00:00Z`; null for anything else. */
export function parseInstant(text: string): number | null {
  const found = INSTANT.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map((each) => Number(each ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  date.setUTCHours(hour!, minute!, second!);
  // 2026-02-31 would silently be the 3rd of March.
  const right = date.getUTCDate() === day && date.getUTCMonth() === month! - 1;
  const isTime = hour! < 24 && minute! < 60 && second! < 60;
  return right && isTime && year! >= FIRST_YEAR ? date.getTime() / 1000 : null;
}

export function formatInstant(t: number): string {
  const iso = new Date(t * 1000).toISOString();
  return `${iso.slice(0, iso.slice(17, 19) === "00" ? 16 : 19)}Z`;
}

/** The range that a hash tells, or null where it tells none. */
export function parseHash(hash: string): Range | null {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  const from = parseInstant(told.get("from") ?? "");
  const to = parseInstant(told.get("to") ?? "");
  return from !== null && to !== null && from < to ? { from, to } : null;
}

export function formatHash(range: Range): string {
  return `#from=${formatInstant(range.from)}&to=${formatInstant(range.to)}`;
}
