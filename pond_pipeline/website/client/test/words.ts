import assert from "node:assert/strict";
import { test } from "node:test";
import { age, isAhead, isLate } from "../src/age.ts";
import { cell, csv } from "../src/csv.ts";
import { padded } from "../src/extent.ts";
import { commandOf } from "../src/keys.ts";
import { leadsOn } from "../src/links.ts";
import { Clock } from "../src/clock.ts";
import { decimalsFor, decimalsOf, format, withUnit } from "../src/number.ts";
import { emptiness, labelOf, spaced } from "../src/wording.ts";

test("ages are told in the largest unit of which there is one", () => {
  const told = [0, 59, 60, 3599, 7200, 86400 * 3, 86400 * 800, -7200].map(age);
  assert.deepEqual(told, [
    "just now",
    "just now",
    "1 min ago",
    "59 min ago",
    "2 h ago",
    "3 d ago",
    "2 y ago",
    "in 2 h",
  ]);
});

test("what is exactly as old as it may be is not late", () => {
  assert.deepEqual(
    [isLate(0, 10, 10), isLate(0, 10, 11), isLate(0, Number.NaN, 11)],
    [false, true, false],
  );
});

test("a reading is of the future where it is ahead by more than an hour", () => {
  assert.deepEqual([isAhead(3600, 0), isAhead(3601, 0), isAhead(0, 9)], [false, true, false]);
});

test("values have the decimals in which those of a chart differ", () => {
  assert.deepEqual([0.05, 0.4, 3, 40, 5000, 0, Number.NaN].map(decimalsFor), [4, 3, 2, 1, 0, 2, 2]);
});

test("labels of an axis have the decimals of their step", () => {
  assert.deepEqual([20, 1, 2.5, 0.25, 0.1 + 0.2, 1e-9].map(decimalsOf), [0, 0, 1, 2, 1, 6]);
});

test("numbers have a real minus, and powers of ten where decimals would hide them", () => {
  assert.deepEqual(
    [format(-1.25, 1), format(12, 2), format(0, 1), format(0.00001, 2)],
    ["−1.3", "12.00", "0.0", "1.00e−5"],
  );
});

test("a small value beside large ones has digits of its own", () => {
  assert.deepEqual(
    [format(0.01589, 1), format(-0.000234, 0), format(0.04, 1)],
    ["0.0159", "−0.000234", "0.0400"],
  );
});

test("resolutions are told with a space, and minutes are no meters", () => {
  assert.deepEqual(["24h", "10m", "1mo", "30s"].map(spaced), ["24 h", "10 min", "1 mo", "30 s"]);
});

test("thousands are told apart, decimals are not", () => {
  assert.deepEqual(
    [format(999, 0), format(-1234567.12345, 5), format(48211, 0), format(1000, 1)],
    ["999", "−1,234,567.12345", "48,211", "1,000.0"],
  );
});

test("a value without a unit stands alone", () => {
  assert.deepEqual([withUnit("7.9", ""), withUnit("8", "mg/L")], ["7.9", "8\u00a0mg/L"]);
});

test("the values' axis has air, and no negatives for what has none", () => {
  assert.deepEqual(padded(0.1, 10), [0, 10 + 9.9 * 0.08]);
  assert.deepEqual(padded(-10, 10), [-11.6, 11.6]);
  for (const value of [5, 0.00001, 0]) {
    const [low, high] = padded(value, value);
    assert.ok(low <= value && high > value && high - low <= Math.max(value, 1));
  }
});

test("a file for spreadsheets has the values of all lines by instant", () => {
  const lines = [
    { label: "A", unit: "°C", t: [0, 3600], avg: [1.5, null], min: [1, null], max: [2, null] },
    { label: "B", unit: "", t: [3600], avg: [3], min: [3], max: [3] },
  ];
  assert.equal(
    csv(lines),
    "instant UTC,A avg (°C),A min (°C),A max (°C),B avg,B min,B max\r\n" +
      "1970-01-01T00:00:00Z,1.5,1,2,,,\r\n1970-01-01T01:00:00Z,,,,3,3,3\r\n",
  );
});

test("texts in a file for spreadsheets are quoted, and never formulas", () => {
  assert.deepEqual(['a,"b"', "=1+1", "@x", "plain"].map(cell), [
    '"a,""b"""',
    "'=1+1",
    "'@x",
    "plain",
  ]);
});

test("keys of a chart are its own; all others are the page's", () => {
  const own = ["ArrowLeft", "ArrowRight", "+", "-", "Home", "Escape"].map((key) =>
    commandOf(key, false),
  );
  assert.ok(own.every((each) => each !== null));
  assert.deepEqual(
    ["ArrowDown", "Tab", "a", " "].map((key) => commandOf(key, false)),
    [null, null, null, null],
  );
});

test("a range goes along to pages of the website alone", () => {
  const own = ["wharf.html", "../parameters/do.html"];
  const others = [
    "https://example.org/a.html",
    "mailto:a@b.html",
    "#main",
    "a.html#x",
    "a.html?b",
    "//x/a.html",
    "data.csv",
  ];
  assert.deepEqual([...own, ...others].filter(leadsOn), own);
});

const pacific = Clock.of("America/Los_Angeles");
const at = (iso: string): number => Date.parse(iso) / 1000;

test("what a chart shows is told by the clocks of both ends", () => {
  const [summer, winter] = [at("2026-10-31T12:00Z"), at("2026-11-02T12:00Z")];
  assert.equal(
    labelOf("pH", "", { from: summer, to: winter }, pacific),
    "pH, 2026-10-31 05:00 PDT to 2026-11-02 04:00 PST",
  );
  assert.equal(pacific.span({ from: winter, to: winter }), "2026-11-02 04:00 to 2026-11-02 04:00 PST");
});

test("why a chart shows no line is told", () => {
  const range = { from: at("2026-10-01"), to: at("2026-10-02") };
  const told = (known: object): string =>
    emptiness({ isAnyOn: true, isFlagged: false, newest: null, range, ...known }, Clock.of(null));
  assert.equal(told({ isAnyOn: false }), "All lines are switched off.");
  assert.equal(told({ isFlagged: true }), "All readings in this range are flagged.");
  assert.equal(
    told({ newest: at("2026-10-02") }),
    "No readings in this range; newest 2026-10-02 00:00 UTC.",
  );
  assert.equal(told({ newest: at("2026-10-01T12:00Z") }), "No readings in this range.");
});
