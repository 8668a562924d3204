// Calendar periods in UTC, of which each has one tile.

export type PeriodKind = "day" | "month" | "year" | "decade";

interface Calendar {
  year: number;
  month: number;
  day: number;
}

const seconds = (year: number, month: number, day: number): number => {
  // Date.UTC takes years below 100 as of the 20th century.
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime() / 1000;
};

function startOf(kind: PeriodKind, { year, month, day }: Calendar): number {
  switch (kind) {
    case "day":
      return seconds(year, month, day);
    case "month":
      return seconds(year, month, 1);
    case "year":
      return seconds(year, 0, 1);
    case "decade":
      return seconds(year - (((year % 10) + 10) % 10), 0, 1);
  }
}

function after(kind: PeriodKind, start: number): number {
  const date = new Date(start * 1000);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (kind) {
    case "day":
      return seconds(year, month, day + 1);
    case "month":
      return seconds(year, month + 1, 1);
    case "year":
      return seconds(year + 1, 0, 1);
    case "decade":
      return seconds(year + 10, 0, 1);
  }
}

function nameOf(kind: PeriodKind, start: number): string {
  const iso = new Date(start * 1000).toISOString();
  return iso.slice(0, { day: 10, month: 7, year: 4, decade: 4 }[kind]);
}

/** Names of the periods that overlap [from, to), in order. */
export function periodsOf(kind: PeriodKind, from: number, to: number): string[] {
  const first = new Date(from * 1000);
  const names: string[] = [];
  let start = startOf(kind, {
    year: first.getUTCFullYear(),
    month: first.getUTCMonth(),
    day: first.getUTCDate(),
  });
  while (start < to) {
    names.push(nameOf(kind, start));
    start = after(kind, start);
  }
  return names;
}
