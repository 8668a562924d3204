// The lines of a chart on one time axis, as uPlot wants them: null is an interruption of a line,
// undefined an instant that only other lines have.

import { goesOn, type Trace } from "./trace.ts";

export type Aligned = number | null | undefined;

export interface Joined {
  t: number[];
  avg: Aligned[][];
  /** For each line, indices of buckets without neighbors: a line cannot show them. */
  alone: number[][];
}

function instants(traces: readonly Trace[]): number[] {
  const all = new Set<number>();
  for (const made of traces) {
    for (let i = 0; i < made.t.length; i++) {
      all.add(made.t[i]!);
      if (i + 1 < made.t.length && !goesOn(made, i)) all.add(made.t[i]! + made.step);
    }
  }
  return [...Float64Array.from(all).sort()];
}

export function join(traces: readonly Trace[]): Joined {
  const t = instants(traces);
  const avg: Aligned[][] = [];
  const alone: number[][] = [];
  for (const made of traces) {
    const values: Aligned[] = new Array(t.length);
    const single: number[] = [];
    let next = 0;
    for (let x = 0; x < t.length; x++) {
      if (made.t[next] === t[x]) {
        values[x] = made.avg[next]!;
        if (!goesOn(made, next) && !goesOn(made, next - 1)) single.push(x);
        next++;
      } else {
        values[x] = goesOn(made, next - 1) ? undefined : null;
      }
    }
    avg.push(values);
    alone.push(single);
  }
  return { t, avg, alone };
}
