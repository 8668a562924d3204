import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHash, parseHash, parseInstant } from "../src/hash.ts";
import { DAY, fit, newest, pan, parseSpan, pinch, spanOf, usual, zoom } from "../src/range.ts";

const BOUNDS = { from: 0, to: 100 * DAY };

test("a range is told by a hash to the second, and shortest", () => {
  const range = {
    from: Date.parse("2026-10-01T00:00Z") / 1000,
    to: Date.parse("2026-10-02T03:04:05Z") / 1000,
  };
  assert.equal(formatHash(range), "#from=2026-10-01T00:00Z&to=2026-10-02T03:04:05Z");
  assert.deepEqual(parseHash(formatHash(range)), range);
});

test("a hash tells no range before the year 1000, and no minute of 75 seconds", () => {
  assert.equal(parseHash("#from=0202-10-01&to=2026-10-03"), null);
  assert.equal(parseHash("#from=2026-10-01T00:00:75Z&to=2026-10-03"), null);
});

test("a hash may tell days alone", () => {
  assert.equal(parseHash("#from=2026-10-01&to=2026-10-03")?.to, Date.parse("2026-10-03") / 1000);
});

test("a page shows all there is where that is less than it usually shows", () => {
  assert.deepEqual(usual(BOUNDS, 30 * DAY), { from: 70 * DAY, to: 100 * DAY });
  assert.deepEqual(usual(BOUNDS, 101 * DAY), BOUNDS);
  assert.deepEqual(usual(BOUNDS, null), BOUNDS);
});

for (const hash of [
  "",
  "#",
  "#main",
  "#from=2026-10-01",
  "#from=x&to=y",
  "#from=2026-10-02&to=2026-10-01",
  "#%",
]) {
  test(`the hash "${hash}" tells no range`, () => assert.equal(parseHash(hash), null));
}

for (const text of [
  "2026-02-31",
  "2026-13-01",
  "2026-01-01T24:00Z",
  "2026-01-01T00:60Z",
  "1",
  "2026-1-1",
]) {
  test(`"${text}" is no instant`, () => assert.equal(parseInstant(text), null));
}

test("spans are read with their units; what is none is as usual", () => {
  const spans = ["12h", "30d", "2w", "1y", "all", "", "0d", "d", "-1d"].map((each) =>
    parseSpan(each, 7),
  );
  assert.deepEqual(spans, [DAY / 2, 30 * DAY, 14 * DAY, 365 * DAY, null, 7, 7, 7, 7]);
});

test("the newest of a span ends with the newest reading", () => {
  assert.deepEqual(newest(BOUNDS, DAY), { from: 99 * DAY, to: 100 * DAY });
  assert.deepEqual(newest(BOUNDS, null), BOUNDS);
});

test("going on ends at the newest reading, with the width kept", () => {
  assert.deepEqual(pan({ from: 90 * DAY, to: 98 * DAY }, 1, BOUNDS), {
    from: 92 * DAY,
    to: 100 * DAY,
  });
});

test("going back ends where the first reading is still to be seen", () => {
  const range = pan({ from: DAY, to: 9 * DAY }, -5, BOUNDS);
  assert.equal(spanOf(range), 8 * DAY);
  assert.ok(range.to > BOUNDS.from && range.from < BOUNDS.from);
});

test("zooming keeps the instant where it is", () => {
  assert.deepEqual(zoom({ from: 40 * DAY, to: 50 * DAY }, 0.5, 42 * DAY, BOUNDS), {
    from: 41 * DAY,
    to: 46 * DAY,
  });
});

test("no range is narrower than ten minutes or wider than all there is and a year", () => {
  assert.equal(spanOf(fit({ from: 500, to: 501 }, BOUNDS)), 600);
  assert.equal(spanOf(fit({ from: -1e12, to: 1e12 }, BOUNDS)), 365 * DAY);
});

test("what is below two fingers stays below them", () => {
  assert.deepEqual(pinch({ from: 0, to: 1000 }, 100, [20, 40], [20, 60]), { from: 100, to: 600 });
});

test("fingers that meet or cross change nothing", () => {
  const range = { from: 0, to: 1000 };
  assert.equal(pinch(range, 100, [20, 40], [30, 35]), null);
  assert.equal(pinch(range, 100, [20, 40], [40, 20]), null);
});
