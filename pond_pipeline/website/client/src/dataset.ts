// What `data/<dataset>/index.js` and `notes.js` say. All instants are epoch seconds in UTC.

import type { PeriodKind } from "./period.ts";

export interface Column {
  id: string;
  name: string;
  parameter: string;
  unit: string;
  scope: string | null;
  /** Start of its newest bucket with a value in the finest resolution; older builds do not say. */
  newest?: number | null;
  /** Seconds by which that is late; without it nobody judges. */
  late?: number | null;
}

export interface Resolution {
  name: string;
  /** How wide a bucket is; nominal where the calendar decides (months, years). */
  step: number;
  /** Buckets further apart than this are not connected. */
  gap: number;
  period: PeriodKind;
  /** Period names of the tiles that exist, each with its version. */
  tiles: Record<string, string>;
}

export interface Dataset {
  title: string;
  zone: string | null;
  /** Start of the first and of the last bucket. */
  first: number;
  last: number;
  columns: Column[];
  /** Finest first. */
  resolutions: Resolution[];
  notes: string | null;
}

export interface Note {
  t: number;
  text: string;
  /** Grab samples: column id to value. */
  samples: Record<string, number>;
}

/** Whether that is what an index says, as far as charts rely on it. */
export function isDataset(value: unknown): value is Dataset {
  const { first, last, columns, resolutions } = (value ?? {}) as Partial<Dataset>;
  return (
    typeof first === "number" &&
    typeof last === "number" &&
    Array.isArray(columns) &&
    Array.isArray(resolutions) &&
    resolutions.every(({ step, gap, tiles }) => step > 0 && gap > 0 && Boolean(tiles))
  );
}

/** Whether these are notes. */
export function areNotes(value: unknown): value is Note[] {
  return (
    Array.isArray(value) &&
    value.every(
      ({ t, text, samples }: Partial<Note>) =>
        typeof t === "number" && typeof text === "string" && Boolean(samples),
    )
  );
}

/** When the last bucket of the finest resolution ends. */
export function endOf(dataset: Dataset): number {
  return dataset.last + (dataset.resolutions[0]?.step ?? 0);
}
