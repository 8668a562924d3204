// The range of the values' axis.

/** With some air above and below; never below zero for what never is. */
export function padded(low: number, high: number): [number, number] {
  const span = high - low;
  const air = span > 0 ? span * 0.08 : Math.abs(high) * 0.05 || 0.5;
  const bottom = low - air;
  return [low >= 0 && bottom < 0 ? 0 : bottom, high + air];
}
