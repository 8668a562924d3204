import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resolution } from "../src/dataset.ts";
import { common, finest, mostBuckets } from "../src/resolution.ts";

const HOUR = 3600;
const resolution = (name: string, step: number): Resolution => {
  return { name, step, gap: step * 1.5, period: "month", tiles: {} };
};
const HOURLY = [resolution("1h", HOUR), resolution("6h", 6 * HOUR), resolution("24h", 24 * HOUR)];

const most = mostBuckets(1000);

test("2,000 buckets are drawn, one more is drawn coarser", () => {
  assert.equal(finest(HOURLY, { span: 2000 * HOUR, most })?.name, "1h");
  assert.equal(finest(HOURLY, { span: 2000 * HOUR + 1, most })?.name, "6h");
});

test("what is too long for any resolution is drawn in the coarsest", () => {
  assert.equal(finest(HOURLY, { span: 1e12, most })?.name, "24h");
});

test("a dataset without resolutions has none to draw", () => {
  assert.equal(finest([], { span: HOUR, most }), undefined);
});

test("lines of several datasets are as coarse as the coarsest of them needs", () => {
  const quarterly = [resolution("15min", HOUR / 4), ...HOURLY];
  const datasets = new Map([
    ["daily", [resolution("24h", 24 * HOUR)]],
    ["quarterly", quarterly],
    ["hourly", HOURLY],
  ]);
  const chosen = common(datasets, { span: HOUR, most });
  const names = [...chosen].map(([name, { step }]) => [name, step / HOUR]);
  assert.deepEqual(names, [
    ["daily", 24],
    ["quarterly", 24],
    ["hourly", 24],
  ]);
});

test("a narrow plot has fewer buckets", () => {
  assert.deepEqual([mostBuckets(300), mostBuckets(500), mostBuckets(2000)], [1200, 2000, 2000]);
});
