// What a chart needs and has not got.

import type { Datasets } from "./datasets.ts";
import type { Need } from "./need.ts";
import type { Store } from "./store.ts";

/** How to load the tiles and the notes that are not here and were not asked for in vain. */
export function absent(
  needs: readonly Need[],
  notes: readonly string[],
  { store, datasets }: { store: Store; datasets: Datasets },
): (() => Promise<void>)[] {
  const loads: (() => Promise<void>)[] = [];
  for (const { dataset, resolution, periods } of needs) {
    for (const period of periods) {
      const isKnown =
        store.tile(dataset, resolution, period) ?? store.missing(dataset, resolution, period);
      if (isKnown === undefined) loads.push(() => store.loadTile(dataset, resolution, period));
    }
  }
  for (const name of notes) {
    const version = datasets.get(name)?.notes;
    if (version && !store.notes(name) && !store.missingNotes(name)) {
      loads.push(() => store.loadNotes(name, version));
    }
  }
  return loads;
}
