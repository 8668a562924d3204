// Which tiles the lines of a chart need for a range.

import type { Dataset, Resolution } from "./dataset.ts";
import { periodsOf } from "./period.ts";
import { DAY, type Range, spanOf } from "./range.ts";
import { common } from "./resolution.ts";

export interface Need {
  dataset: string;
  resolution: Resolution;
  periods: string[];
}

/** So much longer than told may be what the calendar decides: a day of 25 hours. */
const LONGEST = 1.05;

/** From when on the first bucket of a range may begin. */
function reach(from: number, step: number): number {
  return step < DAY ? Math.floor(from / step) * step : from - step * LONGEST;
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
    const { first, last } = datasets.get(dataset)!;
    // A range may reach far beyond the readings.
    const from = Math.max(reach(range.from, step), first - step);
    const named = periodsOf(period, from, Math.min(range.to, last + step));
    return {
      dataset,
      resolution,
      periods: named.filter((each) => Object.hasOwn(tiles, each)),
    };
  });
}
