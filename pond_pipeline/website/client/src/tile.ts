// One tile: a dataset's buckets in one resolution and one period.

export type Value = number | null;

export interface Buckets {
  avg: Value[];
  min: Value[];
  max: Value[];
}

export interface Flagged {
  t: number;
  value: Value;
  /** QARTOD: 3 suspect, 4 fail. */
  flag: number;
}

export interface Tile {
  /** Starts of the buckets, ascending. */
  t: Float64Array;
  columns: Map<string, Buckets>;
  flagged: Map<string, Flagged[]>;
}

/** A tile as the file has it. */
export interface TileFile {
  t: number[];
  c: Record<string, { avg: Value[]; min?: Value[]; max?: Value[] }>;
  f?: Record<string, [number, Value, number][]>;
}

export function decode(file: TileFile): Tile {
  const t = new Float64Array(file.t.length);
  let instant = 0;
  for (let i = 0; i < t.length; i++) {
    instant += file.t[i]!;
    t[i] = instant;
  }
  const columns = new Map<string, Buckets>();
  for (const [id, { avg, min = avg, max = avg }] of Object.entries(file.c)) {
    columns.set(id, { avg, min, max });
  }
  const flagged = new Map<string, Flagged[]>();
  for (const [id, readings] of Object.entries(file.f ?? {})) {
    flagged.set(
      id,
      readings.map(([at, value, flag]) => ({ t: at, value, flag })),
    );
  }
  return { t, columns, flagged };
}
