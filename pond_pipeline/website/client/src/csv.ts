// What a chart shows as a file that spreadsheets read.

import { element } from "./element.ts";
import { type Drawn } from "./trace.ts";
import type { Value } from "./tile.ts";

export interface Labelled extends Drawn {
  label: string;
  unit: string;
}

/** RFC 4180; a text that a spreadsheet would take for a formula is marked as text. */
export function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface Row {
  t: number;
  values: Value[];
}

/** The buckets of all lines by instant: average, lowest and highest of each. */
export function rows(lines: readonly Drawn[]): Row[] {
  const found = new Map<number, Value[]>();
  lines.forEach((line, which) => {
    line.t.forEach((t, i) => {
      if (line.avg[i] === null) return;
      const values = found.get(t) ?? new Array<Value>(lines.length * 3).fill(null);
      values.splice(which * 3, 3, line.avg[i]!, line.min[i]!, line.max[i]!);
      found.set(t, values);
    });
  });
  return [...found].map(([t, values]) => ({ t, values })).sort((a, b) => a.t - b.t);
}

/** Let somebody save a text as a file. */
export function offer(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

export function csv(lines: readonly Labelled[]): string {
  const heads = lines.flatMap(({ label, unit }) =>
    ["avg", "min", "max"].map((each) => `${label} ${each}${unit === "" ? "" : ` (${unit})`}`),
  );
  const text = [["instant UTC", ...heads].map(cell).join(",")];
  for (const { t, values } of rows(lines)) {
    const instant = new Date(t * 1000).toISOString().replace(".000Z", "Z");
    text.push([instant, ...values.map((each) => each ?? "")].join(","));
  }
  return `${text.join("\r\n")}\r\n`;
}
