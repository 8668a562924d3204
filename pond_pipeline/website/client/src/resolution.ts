// Which resolution a range is drawn in.

import type { Resolution } from "./dataset.ts";

/** More buckets than this are neither seen on a screen nor quick. */
const MOST_BUCKETS = 2000;

/** More of them on one pixel are a surface that hides the lines below it. */
const MOST_PER_PIXEL = 4;

/** How many buckets are worth drawing in a plot of a width: fewer on a phone. */
export function mostBuckets(width: number): number {
  return Math.min(MOST_BUCKETS, Math.max(width, 200) * MOST_PER_PIXEL);
}

/** The finest resolution (they come finest first) with few enough buckets, else the coarsest. */
export function finest(
  resolutions: readonly Resolution[],
  { span, most, least = 0 }: { span: number; most: number; least?: number },
): Resolution | undefined {
  const fits = (each: Resolution): boolean =>
    each.step >= least && span <= each.step * most;
  return resolutions.find(fits) ?? resolutions.at(-1);
}

/** One resolution for each dataset, all of them as coarse as the coarsest needs. */
export function common(
  datasets: ReadonlyMap<string, readonly Resolution[]>,
  { span, most }: { span: number; most: number },
): Map<string, Resolution> {
  const steps = [...datasets.values()].map((each) => finest(each, { span, most })?.step ?? 0);
  const least = Math.max(0, ...steps);
  const chosen = new Map<string, Resolution>();
  for (const [name, resolutions] of datasets) {
    const resolution = finest(resolutions, { span, most, least });
    if (resolution) chosen.set(name, resolution);
  }
  return chosen;
}
