// One line of a chart, as the page declares it and as it stands.

import type { Column, Resolution } from "./dataset.ts";
import type { Flagged } from "./tile.ts";
import type { Trace } from "./trace.ts";

export interface LineSpec {
  dataset: string;
  column: string;
  label: string;
}

export interface Line extends LineSpec {
  /** Decides its color and dashes. */
  index: number;
  /** Whether it is drawn; the legend switches it. */
  on: boolean;
  facts: Column | null;
  resolution: Resolution | null;
  trace: Trace;
  flagged: Flagged[];
}

export const NOTHING: Trace = { t: [], avg: [], min: [], max: [], step: 0, gap: 0 };

export function lineOf(spec: LineSpec, index: number, on: boolean): Line {
  const { dataset, column, label } = spec;
  const nothing = { facts: null, resolution: null, flagged: [] };
  return { dataset, column, label, index, on, ...nothing, trace: NOTHING };
}
