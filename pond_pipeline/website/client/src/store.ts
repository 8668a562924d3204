// What was loaded of the datasets. A file is asked for once, and kept; one that did not come may be
// asked for again.

import { areNotes, type Dataset, isDataset, type Note, type Resolution } from "./dataset.ts";
import { load } from "./script.ts";
import { decode, isTile, type Tile } from "./tile.ts";

const tileName = (dataset: string, resolution: Resolution, period: string): string =>
  `${dataset}/${resolution.name}/${period}`;

export class Store {
  readonly #root: string;
  readonly #version: string;
  readonly #tiles = new Map<string, Tile>();
  readonly #notes = new Map<string, Note[]>();
  readonly #coming = new Map<string, Promise<void>>();
  /** Addresses of files that did not come, by name. */
  readonly #missing = new Map<string, string>();

  /** The version is that of the whole website: an index has none of its own. */
  constructor(root: string, version: string) {
    this.#root = root;
    this.#version = version;
  }

  async #load<Told>(
    { kind, name, path, version }: { kind: string; name: string; path: string; version: string },
    isTold: (value: unknown) => value is Told,
  ): Promise<Told> {
    const file = `${this.#root}data/${path}.js`;
    const address = version === "" ? file : `${file}?v=${encodeURIComponent(version)}`;
    const value = await load(kind, name, address);
    if (!isTold(value)) throw new Error(`${address} (not what it should be)`);
    return value;
  }

  dataset(name: string): Promise<Dataset> {
    const file = { kind: "dataset", name, path: `${name}/index`, version: this.#version };
    return this.#load(file, isDataset);
  }

  tile(dataset: string, resolution: Resolution, period: string): Tile | undefined {
    return this.#tiles.get(tileName(dataset, resolution, period));
  }

  missing(dataset: string, resolution: Resolution, period: string): string | undefined {
    return this.#missing.get(tileName(dataset, resolution, period));
  }

  notes(dataset: string): Note[] | undefined {
    return this.#notes.get(dataset);
  }

  missingNotes(dataset: string): string | undefined {
    return this.#missing.get(`${dataset}/notes`);
  }

  /** Never rejected: a tile that does not come is `missing`. */
  loadTile(dataset: string, resolution: Resolution, period: string): Promise<void> {
    const name = tileName(dataset, resolution, period);
    return this.#once(name, async () => {
      const version = resolution.tiles[period] ?? "";
      const file = await this.#load({ kind: "tile", name, path: name, version }, isTile);
      this.#tiles.set(name, decode(file));
    });
  }

  loadNotes(dataset: string, version: string): Promise<void> {
    const name = `${dataset}/notes`;
    return this.#once(name, async () => {
      const notes = await this.#load({ kind: "notes", name: dataset, path: name, version }, areNotes);
      this.#notes.set(
        dataset,
        [...notes].sort((a, b) => a.t - b.t),
      );
    });
  }

  #once(name: string, loaded: () => Promise<void>): Promise<void> {
    const known = this.#coming.get(name);
    if (known) return known;
    const coming = loaded()
      .catch((error: unknown) => {
        this.#missing.set(name, error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#coming.delete(name));
    this.#coming.set(name, coming);
    return coming;
  }

  /** Forget what did not come, so that it is asked for again. */
  forgive(): void {
    this.#missing.clear();
  }
}
