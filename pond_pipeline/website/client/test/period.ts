import assert from "node:assert/strict";
import { test } from "node:test";
import { periodsOf } from "../src/period.ts";

const at = (iso: string): number => Date.parse(iso) / 1000;

test("a range that ends where a month begins does not need that month", () => {
  const names = periodsOf("month", at("2026-10-01T00:00Z"), at("2026-11-01T00:00Z"));
  assert.deepEqual(names, ["2026-10"]);
});

test("a range over new year needs a tile of both years", () => {
  const [from, to] = [at("2025-12-31T23:00Z"), at("2026-01-01T01:00Z")];
  assert.deepEqual(periodsOf("day", from, to), ["2025-12-31", "2026-01-01"]);
  assert.deepEqual(periodsOf("month", from, to), ["2025-12", "2026-01"]);
  assert.deepEqual(periodsOf("year", from, to), ["2025", "2026"]);
  assert.deepEqual(periodsOf("decade", from, to), ["2020"]);
});

test("a decade is named by its first year", () => {
  const names = periodsOf("decade", at("2019-12-31T00:00Z"), at("2030-01-01T00:00:01Z"));
  assert.deepEqual(names, ["2010", "2020", "2030"]);
});

test("days of February are those of the calendar", () => {
  const names = periodsOf("day", at("2024-02-28T12:00Z"), at("2024-03-01T12:00Z"));
  assert.deepEqual(names, ["2024-02-28", "2024-02-29", "2024-03-01"]);
});

test("an instant before 1970 is in a period, too", () => {
  assert.deepEqual(periodsOf("decade", -1, 0), ["1960"]);
});
