// The instant that is pointed at, in all charts of a page at once.

type Listener = (instant: number | null, source: object | null) => void;

export class Cursor {
  #instant: number | null = null;
  readonly #listeners: Listener[] = [];

  get instant(): number | null {
    return this.#instant;
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  point(instant: number | null, source: object | null): void {
    if (instant === this.#instant) return;
    this.#instant = instant;
    for (const listener of this.#listeners) listener(instant, source);
  }
}
