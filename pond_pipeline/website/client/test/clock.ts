import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../src/clock.ts";
import { DAY, HOUR, MINUTE } from "../src/range.ts";
import { ticks } from "../src/ticks.ts";

const at = (iso: string): number => Date.parse(iso) / 1000;
const pacific = Clock.of("America/Los_Angeles");
const utc = Clock.of(null);
const labels = (from: string, to: string, most: number, clock = utc): string[] =>
  ticks({ from: at(from), to: at(to) }, clock, most).map((each) => each.label);

test("an instant is told by the clocks of the zone and in UTC", () => {
  assert.equal(pacific.both(at("2026-11-22T13:00Z")), "2026-11-22 05:00 PST · 13:00 UTC");
  assert.equal(
    pacific.both(at("2026-07-01T02:00Z")),
    "2026-06-30 19:00 PDT · 2026-07-01 02:00 UTC",
  );
  assert.equal(utc.both(at("2026-11-22T13:00:05Z")), "2026-11-22 13:00:05 UTC");
});

test("a zone has the name that its people give it, else its offset", () => {
  const named = (zone: string): string[] =>
    ["2026-01-15T00:00Z", "2026-07-15T00:00Z"].map((iso) => Clock.of(zone).name(at(iso)));
  assert.deepEqual(named("Europe/Berlin"), ["CET", "CEST"]);
  assert.deepEqual(named("Europe/London"), ["GMT", "BST"]);
  assert.deepEqual(named("Pacific/Auckland"), ["NZDT", "NZST"]);
  assert.deepEqual(named("America/Sao_Paulo"), ["GMT-3", "GMT-3"]);
});

test("a zone that nobody knows is UTC", () => {
  assert.equal(Clock.of("Mars/Olympus").both(0), "1970-01-01 00:00 UTC");
});

test("instants of a zone's clock are found on both sides of a change", () => {
  for (const iso of [
    "2026-03-08T09:30Z",
    "2026-03-08T10:30Z",
    "2026-11-01T10:30Z",
    "2026-07-01T12:00Z",
  ]) {
    assert.equal(pacific.instant(pacific.wall(at(iso))), at(iso));
  }
});

test("days are labelled at midnight of the zone, over a change of its clocks", () => {
  const found = ticks({ from: at("2026-10-31T07:00Z"), to: at("2026-11-03T08:00Z") }, pacific, 6);
  assert.deepEqual(
    found.map((each) => pacific.stamp(each.t)),
    ["2026-10-31 00:00", "2026-11-01 00:00", "2026-11-02 00:00", "2026-11-03 00:00"],
  );
});

test("the second line says what the first leaves out, where it changes", () => {
  assert.deepEqual(labels("2026-11-21T12:00Z", "2026-11-22T12:00Z", 5), [
    "12:00\n21 Nov",
    "18:00",
    "00:00\n22 Nov",
    "06:00",
    "12:00",
  ]);
  assert.deepEqual(labels("2025-11-01", "2026-03-01", 5), [
    "Nov\n2025",
    "Dec",
    "Jan\n2026",
    "Feb",
    "Mar",
  ]);
});

test("weeks begin on a Monday", () => {
  assert.deepEqual(labels("2026-11-01", "2026-11-20", 4), ["2 Nov\n2026", "9 Nov", "16 Nov"]);
});

for (const [name, span] of Object.entries({
  minutes: 10 * MINUTE,
  hours: 30 * HOUR,
  days: 30 * DAY,
  years: 4000 * DAY,
})) {
  test(`there is never more than what has room, and something, in a range of ${name}`, () => {
    for (const most of [2, 5, 12]) {
      const count = ticks(
        { from: at("2026-03-03T03:03Z"), to: at("2026-03-03T03:03Z") + span },
        pacific,
        most,
      ).length;
      assert.ok(count <= most + 1 && count >= 1, `${count} of ${most}`);
    }
  });
}
