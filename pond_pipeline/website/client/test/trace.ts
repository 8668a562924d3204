import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "../src/join.ts";
import { decode, isTile, type Value } from "../src/tile.ts";
import { drawn, extent, flaggedIn, nearest, next, trace, type Trace } from "../src/trace.ts";

const HOURLY = { step: 10, gap: 15 };
const ALL = { from: 0, to: 1000 };

/** A tile of one column, with its buckets at the instants. */
const tileOf = (t: number[], avg: Value[], more: object = {}) => {
  const differences = t.map((each, i) => each - (t[i - 1] ?? 0));
  return decode({ t: differences, c: { x: { avg, ...more } } });
};

const made = (t: number[], avg: Value[]): Trace => trace([tileOf(t, avg)], "x", ALL, HOURLY);

test("instants of a tile are differences to the one before", () => {
  assert.deepEqual([...decode({ t: [100, 10, 20], c: {} }).t], [100, 110, 130]);
});

test("lowest and highest that are left out are the average", () => {
  const shown = drawn(made([0, 10], [1.5, 2.5]), ALL);
  assert.deepEqual([shown.min, shown.max], [shown.avg, shown.avg]);
});

test("lowest and highest of a tile are those of its buckets", () => {
  const wide = trace([tileOf([0, 10], [2, 3], { min: [1, 2], max: [4, 5] })], "x", ALL, HOURLY);
  assert.deepEqual(
    [wide.min, wide.max],
    [
      [1, 2],
      [4, 5],
    ],
  );
});

test("a line goes on from one tile to the next", () => {
  const both = trace([tileOf([0, 10], [1, 2]), tileOf([20], [3])], "x", ALL, HOURLY);
  assert.deepEqual(drawn(both, ALL).avg, [1, 2, 3]);
});

test("a column that a tile does not have is interrupted there", () => {
  const without = decode({ t: [20, 10], c: {} });
  const both = trace([tileOf([0, 10], [1, 2]), without, tileOf([40], [3])], "x", ALL, HOURLY);
  assert.deepEqual(drawn(both, ALL).avg, [1, 2, null, 3]);
});

test("buckets further apart than the gap are not connected", () => {
  const shown = drawn(made([0, 15, 31], [1, 2, 3]), ALL);
  assert.deepEqual(
    [shown.t, shown.avg],
    [
      [0, 15, 25, 31],
      [1, 2, null, 3],
    ],
  );
});

test("a bucket without a value interrupts the line", () => {
  assert.deepEqual(drawn(made([0, 10, 20], [1, null, 3]), ALL).avg, [1, null, 3]);
});

test("one bucket beyond either end of the range is kept, and not counted", () => {
  const cut = trace([tileOf([0, 10, 20, 30], [9, 1, 2, 9])], "x", { from: 10, to: 30 }, HOURLY);
  assert.deepEqual(cut.t, [0, 10, 20, 30]);
  assert.deepEqual(extent(cut, { from: 10, to: 30 }), [1, 2]);
  assert.deepEqual(drawn(cut, { from: 10, to: 30 }).t, [10, 20]);
});

const at = (iso: string): number => Date.parse(iso) / 1000;

/** What is shown from an instant on, of buckets with these starts. */
const shownFrom = (from: string, starts: string[], step: number): string[] => {
  const t = starts.map(at);
  const whole = { from: at(from), to: at("2026-12-31") };
  const line = trace([tileOf(t, t.map(() => 1))], "x", whole, { step, gap: step * 1.5 });
  const told = drawn(line, whole).t.filter((each) => t.includes(each));
  return told.map((each) => new Date(each * 1000).toISOString().slice(0, 10));
};

test("a range that begins within a week shows the week, which begins on a Monday", () => {
  const mondays = ["2026-10-26", "2026-11-02", "2026-11-09"];
  assert.deepEqual(shownFrom("2026-11-06T12:00Z", mondays, 7 * 86400), mondays.slice(1));
});

test("a range that begins within a month shows the month", () => {
  const months = ["2026-02-01", "2026-03-01", "2026-04-01"];
  assert.deepEqual(shownFrom("2026-03-02", months, 31 * 86400), months.slice(1));
  assert.deepEqual(shownFrom("2026-02-27", months, 31 * 86400), months);
});

test("a range that begins in the evening shows the zone's day", () => {
  const days = ["2026-11-05T08:00Z", "2026-11-06T08:00Z"];
  assert.deepEqual(shownFrom("2026-11-06T03:00Z", days, 86400), ["2026-11-05", "2026-11-06"]);
  assert.deepEqual(shownFrom("2026-11-06T08:00Z", days, 86400), ["2026-11-06"]);
});

test("a bucket that ends where the range begins is not shown", () => {
  const days = ["2026-11-05", "2026-11-07"];
  assert.deepEqual(shownFrom("2026-11-06", days, 86400), ["2026-11-07"]);
});

test("what is no tile is known from one", () => {
  const fine = { t: [0, 10], c: { x: { avg: [1, null] } }, f: { x: [[5, null, 3]] } };
  const wrong = [
    null,
    "<html>",
    {},
    { t: [0], c: null },
    { t: ["0"], c: {} },
    { t: [0, 10], c: { x: { avg: [1] } } },
    { t: [0], c: { x: {} } },
    { t: [0], c: { x: { avg: ["1"] } } },
    { t: [0], c: { x: { avg: [1], max: [] } } },
    { t: [0], c: {}, f: { x: [5, 1, 3] } },
  ];
  assert.deepEqual([fine, ...wrong].filter(isTile), [fine]);
});

test("the nearest bucket is at most a step away", () => {
  const line = made([0, 10, 50], [1, 2, 3]);
  assert.deepEqual(
    [4, 6, 20, 21, 45, 60, 61].map((t) => nearest(line, t)),
    [0, 1, 1, -1, 2, 2, -1],
  );
});

test("nothing is nearest to anything in a line without buckets", () => {
  assert.equal(nearest(made([], []), 5), -1);
});

test("flagged readings of a range are told with their flags", () => {
  const tile = decode({
    t: [0],
    c: {},
    f: {
      x: [
        [5, 25.1, 4],
        [15, null, 3],
        [30, 1, 3],
      ],
    },
  });
  const found = flaggedIn([tile], "x", { from: 5, to: 30 });
  assert.deepEqual(found, [
    { t: 5, value: 25.1, flag: 4 },
    { t: 15, value: null, flag: 3 },
  ]);
});

test("joined lines keep their instants apart, and their interruptions", () => {
  const coarse = made([0, 14, 28], [1, 2, 3]);
  const fine = made([0, 7, 40], [4, 5, 6]);
  const joined = join([coarse, fine]);
  assert.deepEqual(joined.t, [0, 7, 14, 17, 28, 40]);
  assert.deepEqual(joined.avg[0], [1, undefined, 2, undefined, 3, null]);
  assert.deepEqual(joined.avg[1], [4, 5, null, null, null, 6]);
});

test("a bucket between two interruptions is alone", () => {
  const joined = join([made([0, 10, 40, 80, 90], [1, 2, 3, 4, 5])]);
  assert.deepEqual(
    joined.alone[0]?.map((i) => joined.t[i]),
    [40],
  );
});

test("no line at all is joined to nothing", () => {
  assert.deepEqual(join([]), { t: [], avg: [], alone: [] });
});

test("one goes on from instant to instant, and stays at the ends", () => {
  const all = [0, 10, 20];
  assert.deepEqual(
    [next(all, 10, 1), next(all, 10, -1), next(all, 20, 1), next(all, 0, -1)],
    [20, 0, 20, 0],
  );
  assert.deepEqual([next(all, 15, 1), next(all, 15, -1)], [20, 10]);
  assert.deepEqual([next(all, null, 1), next(all, null, -1), next([], 5, 1)], [0, 20, null]);
});
