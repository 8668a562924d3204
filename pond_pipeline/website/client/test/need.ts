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
