// One line of a chart, as the page declares it and as it stands.

import type { Column, Dataset, Resolution } from "./dataset.ts";
import type { Flagged, Tile } from "./tile.ts";
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
  source: Dataset | null;
  facts: Column | null;
  resolution: Resolution | null;
  tiles: Tile[];
  trace: Trace;
  flagged: Flagged[];
}

export const NOTHING: Trace = { t: [], avg: [], min: [], max: [], step: 0, gap: 0 };

export function lineOf(spec: LineSpec, index: number, on: boolean): Line {
  const { dataset, column, label } = spec;
  const nothing = { source: null, facts: null, resolution: null, tiles: [], flagged: [] };
  return { dataset, column, label, index, on, ...nothing, trace: NOTHING };
}
