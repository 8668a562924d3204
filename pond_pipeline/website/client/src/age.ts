// How long ago an instant was.

const STEPS: readonly [number, string][] = [
  [60, "min"],
  [3600, "h"],
  [86400, "d"],
  [365.25 * 86400, "y"],
];

/** `5 min`, `2 h`, `3 d`, `4 y`. */
export function lasting(seconds: number): string {
  const found = STEPS.findLast(([width]) => seconds >= width);
  return found ? `${Math.floor(seconds / found[0])} ${found[1]}` : "0 min";
}

/** `just now`, `5 min ago`, `2 h ago`, `3 d ago`, `4 y ago`; of what is to come `in 5 min`. */
export function age(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 60) return "just now";
  const text = lasting(size);
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** How far a clock may be ahead of that of whoever looks, in seconds. */
const AHEAD = 3600;

/** Whether a reading is of the future, by a clock or a zone that is wrong. */
export function isAhead(newest: number, now: number): boolean {
  return newest - now > AHEAD;
}

/** Whether the newest reading is older than it may be. */
export function isLate(newest: number, late: number, now: number): boolean {
  return now - newest > late;
}
