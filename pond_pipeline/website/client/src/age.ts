// How long ago an instant was.

const STEPS: readonly [number, string][] = [
  [60, "min"],
  [3600, "h"],
  [86400, "d"],
];

/** `just now`, `5 min ago`, `2 h ago`, `3 d ago`; of what is to come `in 5 min`. */
export function age(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 60) return "just now";
  const [width, unit] = STEPS.findLast(([each]) => size >= each)!;
  const text = `${Math.floor(size / width)} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** Whether the newest reading is older than it may be. */
export function isLate(newest: number, late: number, now: number): boolean {
  return now - newest > late;
}
