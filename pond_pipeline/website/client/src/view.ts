// What a chart shows now, as plain values: `window.duckpond.charts`, for tests and for the curious.

import type { Chart } from "./chart.ts";
import { type Drawn, drawn } from "./trace.ts";

export interface View {
  title: string;
  /** Name of the resolution that is drawn. */
  resolution: string | null;
  range: { from: number; to: number };
  lines: (Drawn & { label: string; dataset: string; column: string })[];
  flagged: { label: string; t: number; value: number | null; flag: number }[];
  notes: { t: number; text: string; samples: Record<string, number> }[];
  ready: boolean;
  error: string | null;
}

export function view(chart: Chart): View {
  const lines = chart.lines.filter((each) => each.on);
  return {
    title: chart.spec.title,
    resolution: chart.resolution,
    range: { ...chart.range },
    lines: lines.map(({ label, dataset, column, trace }) => {
      return { label, dataset, column, ...drawn(trace, chart.range) };
    }),
    flagged: lines.flatMap(({ label, flagged }) => flagged.map((each) => ({ label, ...each }))),
    notes: chart.notes,
    ready: chart.ready,
    error: chart.error,
  };
}
