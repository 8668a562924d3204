// Which tiles the lines of a chart need for a range.

import type { Dataset, Resolution } from "./dataset.ts";
import { periodsOf } from "./period.ts";
import { type Range, spanOf } from "./range.ts";
import { common } from "./resolution.ts";

export interface Need {
  dataset: string;
  resolution: Resolution;
  /** What the buckets' starts lie in: the first bucket of a range may begin before it. */
  range: Range;
  periods: string[];
}

/** One need for each dataset, all in resolutions that fit together: `most` buckets if possible. */
export function needs(
  datasets: ReadonlyMap<string, Dataset>,
  range: Range,
  most: number,
): Need[] {
  const resolutions = new Map([...datasets].map(([name, each]) => [name, each.resolutions]));
  return [...common(resolutions, { span: spanOf(range), most })].map(([dataset, resolution]) => {
    const { step, period, tiles } = resolution;
    const seen = { from: Math.floor(range.from / step) * step, to: range.to };
    const { first, last } = datasets.get(dataset)!;
    // A range may reach far beyond the readings.
    const from = Math.max(seen.from, first - step);
    const named = periodsOf(period, from, Math.min(seen.to, last + step));
    return {
      dataset,
      resolution,
      range: seen,
      periods: named.filter((each) => Object.hasOwn(tiles, each)),
    };
  });
}
