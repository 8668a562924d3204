import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "../src/dataset.ts";
import { needs } from "../src/need.ts";

const at = (iso: string): number => Date.parse(iso) / 1000;

const dataset = (tiles: string[]): Dataset => ({
  title: "",
  zone: null,
  first: at("2026-01-01"),
  last: at("2026-11-22"),
  columns: [],
  notes: null,
  resolutions: [
    {
      name: "1h",
      step: 3600,
      gap: 5400,
      period: "month",
      tiles: Object.fromEntries(tiles.map((each) => [each, "v"])),
    },
  ],
});

const periods = (from: string, to: string, tiles: string[]): string[] | undefined =>
  needs(new Map([["wharf", dataset(tiles)]]), { from: at(from), to: at(to) }, 2000)[0]?.periods;

test("only tiles that exist and overlap the range are needed", () => {
  const tiles = ["2026-08", "2026-09", "2026-11"];
  assert.deepEqual(periods("2026-09-01", "2026-11-01", tiles), ["2026-09"]);
});

test("a bucket that begins before the range is needed from the tile before", () => {
  assert.deepEqual(periods("2026-09-01T00:30Z", "2026-09-02", ["2026-08", "2026-09"]), ["2026-09"]);
  assert.deepEqual(periods("2026-08-31T23:30Z", "2026-09-02", ["2026-08", "2026-09"]), [
    "2026-08",
    "2026-09",
  ]);
});

test("a range far beyond all readings needs nothing", () => {
  assert.deepEqual(periods("0001-01-01", "0002-01-01", ["2026-09"]), []);
  assert.deepEqual(periods("9000-01-01", "9999-01-01", ["2026-09"]), []);
});

test("a day, a week or a month that began in the tile before is needed", () => {
  const days = { name: "24h", step: 86400, gap: 129600, period: "year" as const };
  const source = { ...dataset([]), first: at("2020-01-01") };
  const needed = (from: string): string[] | undefined => {
    const resolution = { ...days, tiles: { "2025": "v", "2026": "v" } };
    const sources = new Map([["wharf", { ...source, resolutions: [resolution] }]]);
    return needs(sources, { from: at(from), to: at("2026-11-01") }, 2000)[0]?.periods;
  };
  assert.deepEqual(needed("2026-01-01T07:00Z"), ["2025", "2026"]);
  assert.deepEqual(needed("2026-01-03"), ["2026"]);
});
