// Instants by the clocks of a zone. Dates are ISO everywhere: 03/04 is read in two ways.

import type { Range } from "./range.ts";

const FIELDS: Intl.DateTimeFormatOptions = {
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
};

/** English of those who live by the clocks: to others `CET` is `GMT+1`. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-ZA"];

const JANUARY_AND_JULY = [Date.UTC(2026, 0), Date.UTC(2026, 6)];

const zoneName = (names: Intl.DateTimeFormat, ms: number): string =>
  names.formatToParts(ms).find((each) => each.type === "timeZoneName")?.value ?? "UTC";

/** What tells the zone's names as its people and the pages themselves do, else its offset. */
function namesOf(zone: string): Intl.DateTimeFormat {
  const names = (locale: string): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "short" });
  const isNamed = (locale: string): boolean => {
    const told = names(locale);
    return JANUARY_AND_JULY.every((ms) => !/^GMT[+-]/.test(zoneName(told, ms)));
  };
  return names(LOCALES.find(isNamed) ?? "en-US");
}

const clocks = new Map<string, Clock>();

export class Clock {
  readonly zone: string;
  #fields: Intl.DateTimeFormat | null = null;
  #names: Intl.DateTimeFormat | null = null;

  private constructor(zone: string | null) {
    this.zone = "UTC";
    if (zone === null || zone === "UTC") return;
    try {
      // Making a formatter costs more than a hundred uses of it, so there is one for each zone.
      this.#fields = new Intl.DateTimeFormat("en-US", { ...FIELDS, timeZone: zone });
      this.#names = namesOf(zone);
      this.zone = zone;
    } catch {
      // A zone that this browser does not know: UTC is said, and right.
    }
  }

  static of(zone: string | null): Clock {
    const name = zone ?? "UTC";
    const known = clocks.get(name) ?? new Clock(zone);
    clocks.set(name, known);
    return known;
  }

  /** `America/Los Angeles`. */
  get label(): string {
    return this.zone.replaceAll("_", " ");
  }

  get isUtc(): boolean {
    return this.#fields === null;
  }

  /** Seconds that the clock shows, as if it were one in UTC. */
  wall(t: number): number {
    if (!this.#fields) return t;
    const shown: Record<string, number> = {};
    for (const { type, value } of this.#fields.formatToParts(t * 1000)) shown[type] = Number(value);
    const { year, month, day, hour, minute, second } = shown;
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) / 1000;
  }

  /** The instant at which the clock shows that; the later one where an hour is left out. */
  instant(wall: number): number {
    const guess = wall - (this.wall(wall) - wall);
    return wall - (this.wall(guess) - guess);
  }

  /** `PST`, `CET`, `GMT+9` or `UTC`. */
  name(t: number): string {
    return this.#names ? zoneName(this.#names, t * 1000) : "UTC";
  }

  /** `2026-11-22 05:00`, with seconds where there are any. */
  stamp(t: number): string {
    const iso = new Date(this.wall(t) * 1000).toISOString();
    const seconds = iso.slice(17, 19) === "00" ? 16 : 19;
    return `${iso.slice(0, 10)} ${iso.slice(11, seconds)}`;
  }

  /** `2026-10-31 05:00 PDT to 2026-11-02 05:00 PST`; what both ends have is told once. */
  span({ from, to }: Range): string {
    const [first, last] = [this.name(from), this.name(to)];
    const start = first === last ? this.stamp(from) : `${this.stamp(from)} ${first}`;
    return `${start} to ${this.stamp(to)} ${last}`;
  }

  /** `2026-11-22`. */
  date(t: number): string {
    return new Date(this.wall(t) * 1000).toISOString().slice(0, 10);
  }

  /** `2026-11-22 05:00 PST · 13:00 UTC`; the date in UTC too where it is another one. */
  both(t: number): string {
    const utc = Clock.of(null).stamp(t);
    if (this.isUtc) return `${utc} UTC`;
    const local = this.stamp(t);
    const short = utc.slice(0, 10) === local.slice(0, 10) ? utc.slice(11) : utc;
    return `${local} ${this.name(t)} · ${short} UTC`;
  }
}
