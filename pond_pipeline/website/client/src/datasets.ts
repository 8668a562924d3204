// The datasets of a page: what there is of each, as far as it came.

import { type Dataset, endOf } from "./dataset.ts";
import type { Range } from "./range.ts";
import type { Store } from "./store.ts";

export class Datasets {
  readonly #store: Store;
  readonly #here = new Map<string, Dataset>();
  readonly #missing = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  get(name: string): Dataset | null {
    return this.#here.get(name) ?? null;
  }

  /** Addresses of those that did not come. */
  missing(names: readonly string[]): string[] {
    return [...new Set(names)].flatMap((each) => this.#missing.get(each) ?? []);
  }

  /** Load what is not here; what does not come is `missing`. */
  async load(names: Iterable<string>): Promise<void> {
    const absent = [...new Set(names)].filter((each) => !this.#here.has(each));
    await Promise.all(
      absent.map(async (name) => {
        try {
          this.#here.set(name, await this.#store.dataset(name));
          this.#missing.delete(name);
        } catch (error) {
          this.#missing.set(name, (error as Error).message);
        }
      }),
    );
  }

  /** From the first reading to the newest, of all; without any, the last 30 days. */
  get bounds(): Range {
    const all = [...this.#here.values()];
    if (all.length === 0) {
      const now = Math.floor(Date.now() / 1000);
      return { from: now - 30 * 86400, to: now };
    }
    const from = Math.min(...all.map((each) => each.first));
    return { from, to: Math.max(...all.map(endOf)) };
  }
}
