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

const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

const areValues = (values: unknown, count: number): boolean =>
  Array.isArray(values) &&
  values.length === count &&
  values.every((each) => each === null || isNumber(each));

const isFlagged = (reading: unknown): boolean =>
  Array.isArray(reading) &&
  isNumber(reading[0]) &&
  (reading[1] === null || isNumber(reading[1])) &&
  isNumber(reading[2]);

/** Whether that is a tile: a server's page about an error, or half a file, is none. */
export function isTile(value: unknown): value is TileFile {
  const { t, c, f = {} } = (value ?? {}) as Partial<TileFile>;
  if (!Array.isArray(t) || !t.every(isNumber) || typeof c !== "object" || c === null) return false;
  const columns = Object.values(c);
  const flagged: unknown[] = Object.values(f ?? {});
  return (
    columns.every((column) =>
      [column.avg, column.min ?? column.avg, column.max ?? column.avg].every((values) =>
        areValues(values, t.length),
      ),
    ) && flagged.every((readings) => Array.isArray(readings) && readings.every(isFlagged))
  );
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
