// Grab samples of field notes, on the charts that they can be compared with.

import type { Dataset, Note } from "./dataset.ts";
import type { Line } from "./line.ts";
import type { Sample } from "./marks.ts";

/** Samples of the columns that a chart shows, or of the same parameter in the same unit. */
export function samplesFor(
  notes: readonly Note[],
  dataset: string,
  source: Dataset | null,
  lines: readonly Line[],
): Sample[] {
  const found: Sample[] = [];
  for (const { t, samples } of notes) {
    for (const [column, value] of Object.entries(samples)) {
      const line = lines.find((each) => each.dataset === dataset && each.column === column) ?? null;
      const facts = source?.columns.find(({ id }) => id === column);
      const isAlike = lines.some(
        (each) =>
          facts && each.facts?.parameter === facts.parameter && each.facts.unit === facts.unit,
      );
      if (line ? line.on : isAlike) {
        found.push({ t, value, line, label: line?.label ?? facts?.scope ?? facts?.name ?? column });
      }
    }
  }
  return found;
}

/** The samples of a note in words: `DO 8.4 mg/L`. */
export function samplesInWords(note: Note, sources: readonly (Dataset | null)[]): string[] {
  const columns = sources.flatMap((each) => each?.columns ?? []);
  return Object.entries(note.samples).map(([id, value]) => {
    const facts = columns.find((each) => each.id === id);
    return facts ? `${facts.parameter} ${value} ${facts.unit}`.trim() : `${id} ${value}`;
  });
}
