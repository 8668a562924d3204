// One chart: asks for what its range needs, and draws it as soon as it is here.

import { absent } from "./absent.ts";
import { Clock } from "./clock.ts";
import { csv, offer } from "./csv.ts";
import type { Cursor } from "./cursor.ts";
import type { Dataset, Note } from "./dataset.ts";
import { padded } from "./extent.ts";
import { Figure } from "./figure.ts";
import { nextFrame, whenIdle } from "./frame.ts";
import { Legend } from "./legend.ts";
import { type Line, type LineSpec, lineOf, NOTHING } from "./line.ts";
import type { Sample } from "./marks.ts";
import { type Need, needs } from "./need.ts";
import { grouped, NoteMarks, sentence } from "./note-marks.ts";
import { decimalsFor } from "./number.ts";
import type { Datasets } from "./datasets.ts";
import type { PageRange } from "./page-range.ts";
import { MOST_LINES } from "./palette.ts";
import { Plot } from "./plot.ts";
import { fit, type Range } from "./range.ts";
import { mostBuckets } from "./resolution.ts";
import { samplesFor, samplesInWords } from "./samples.ts";
import { steer } from "./steering.ts";
import type { Store } from "./store.ts";
import { tables } from "./table.ts";
import { drawn, extent, flaggedIn, trace, valuesOf, within } from "./trace.ts";
import { type Behind, behind, emptiness, fileName, labelOf, missingInWords, spaced } from "./wording.ts";

/** How high the pins of notes are, in CSS pixels. */
const PINS = 18;

export interface ChartSpec {
  title: string;
  unit: string;
  lines: LineSpec[];
  notes: string[];
}

/** What all charts of a page share. */
export interface Page {
  store: Store;
  datasets: Datasets;
  range: PageRange;
  cursor: Cursor;
}

export class Chart {
  readonly spec: ChartSpec;
  readonly lines: readonly Line[];
  readonly #page: Page;
  readonly #figure: Figure;
  readonly #legend: Legend;
  readonly #marks = new NoteMarks();
  readonly #notes = new Map<string, Note[]>();
  readonly #update = (): void => this.update();
  #plot: Plot | null = null;
  #samples: Sample[] = [];
  #decimals = 2;
  #isNear = false;
  #isInView = false;
  #isDrawn = false;
  #missing: string[] = [];

  constructor(root: HTMLElement, spec: ChartSpec, page: Page) {
    this.spec = spec;
    this.#page = page;
    this.lines = spec.lines.map((each, i) => lineOf(each, i, i < MOST_LINES));
    this.#figure = new Figure(root, spec.title, {
      saved: () => void this.complete().then(() => this.#save()),
      again: () => this.#again(),
    });
    this.#legend = new Legend(this.lines, spec.unit, {
      switched: (line) => this.#switch(line),
      emphasized: (line) => this.#plot?.emphasize(line?.index ?? null),
    });
    this.#figure.table.parentElement!.before(...this.#legend.parts);
    this.#legend.refresh();
    this.#figure.table.addEventListener("toggle", () => this.#fillTable());
    page.range.subscribe(() => this.#changed());
    page.cursor.subscribe((instant, source) => this.#follow(instant, source === this));
  }

  /** That of the zone that all of its datasets have, else UTC. */
  get #clock(): Clock {
    const { datasets } = this.#page;
    const zones = new Set(this.lines.map((each) => datasets.get(each.dataset)?.zone ?? null));
    return Clock.of(zones.size === 1 ? [...zones][0]! : null);
  }

  get zone(): string {
    return this.#clock.zone;
  }

  get range(): Range {
    return this.#page.range.current;
  }

  get resolution(): string | null {
    return this.lines.find((each) => each.on && each.resolution)?.resolution?.name ?? null;
  }

  /** Whether all of its range is drawn that could be loaded. */
  get ready(): boolean {
    return this.#isDrawn;
  }

  get error(): string | null {
    return missingInWords(this.#missing);
  }

  get notes(): Note[] {
    const { from, to } = this.#page.range.current;
    const all = [...this.#notes.values()].flat().filter(({ t }) => from <= t && t < to);
    return all.sort((a, b) => a.t - b.t);
  }

  /** Whether it is so near the screen that it is worth loading. */
  set near(is: boolean) {
    this.#isNear = is;
    if (is && !this.#isDrawn) this.#ask();
  }

  /** Whether some of it is on the screen. */
  set inView(is: boolean) {
    this.#isInView = is;
    if (is && !this.#isDrawn) this.#ask();
  }

  #changed(): void {
    this.#isDrawn = false;
    this.#ask();
  }

  /** What nobody sees may wait until what is seen is drawn. */
  #ask(): void {
    if (this.#isInView) nextFrame(this.#update);
    else whenIdle(this.#update);
  }

  /** Draw the range that is to be shown, if all of it is here; else load it, if anybody sees it. */
  update(): void {
    const all = this.#needs();
    const loads = absent(all, this.spec.notes, this.#page);
    if (loads.length === 0) {
      this.#draw(all);
      return;
    }
    this.#plot?.move(this.#page.range.current);
    this.#showNotes();
    if (!this.#isNear) return;
    this.#figure.busy = true;
    void Promise.all(loads.map((load) => load())).then(() => this.#ask());
  }

  /** Draw the range that is to be shown as soon as all of it is here, whether or not it is seen. */
  async complete(): Promise<void> {
    if (this.#isDrawn) return;
    const loads = absent(this.#needs(), this.spec.notes, this.#page);
    await Promise.all(loads.map((load) => load()));
    if (!this.#isDrawn) this.update();
  }

  /** Draw what is here; of what is not say so in its place, and load it. */
  excuse(): void {
    this.update();
    if (this.#isDrawn) return;
    this.#figure.say("Not loaded yet: print once more in a moment.");
    void this.complete();
  }

  #needs(): Need[] {
    const wanted = new Map<string, Dataset>();
    for (const line of this.lines) {
      const source = this.#page.datasets.get(line.dataset);
      line.facts = source?.columns.find(({ id }) => id === line.column) ?? null;
      if (line.on && source) wanted.set(line.dataset, source);
    }
    return needs(wanted, this.#page.range.current, mostBuckets(this.#figure.plot.clientWidth));
  }

  #draw(all: readonly Need[]): void {
    const { range, store, datasets } = this.#page;
    this.#gather(all);
    this.#notes.clear();
    this.#samples = [];
    for (const name of this.spec.notes) {
      const notes = store.notes(name) ?? [];
      this.#notes.set(name, notes);
      this.#samples.push(...samplesFor(notes, name, datasets.get(name), this.lines));
    }
    const { from, to } = range.current;
    const values = this.lines.flatMap((each) => extent(each.trace, range.current) ?? []);
    const isEmpty = values.length === 0;
    if (isEmpty) values.push(...this.lines.flatMap((each) => valuesOf(each.flagged)));
    for (const { t, value } of this.#samples) if (from <= t && t < to) values.push(value);
    const [bottom, top] = [Math.min(...values), Math.max(...values)];
    this.#decimals = decimalsFor(top - bottom);
    this.#plot ??= this.#makePlot();
    const shown = values.length === 0 ? null : padded(bottom, top);
    this.#plot.show(range.current, this.#clock, shown, this.#samples);
    this.#isDrawn = true;
    this.#figure.busy = false;
    this.#figure.say(isEmpty ? this.#emptiness() : "");
    this.#figure.complain(this.error);
    this.#describe();
    this.#legend.date((line) => this.#behind(line));
    this.#showNotes();
    this.#point(this.#page.cursor.instant);
    this.#fillTable();
  }

  /** Give each line what it shows, out of the tiles that are here. */
  #gather(all: readonly Need[]): void {
    const { store, datasets } = this.#page;
    const told = new Map(all.map((each) => [each.dataset, each]));
    this.#missing = [
      ...datasets.missing(this.lines.map((each) => each.dataset)),
      ...this.spec.notes.flatMap((each) => store.missingNotes(each) ?? []),
    ];
    for (const { dataset, resolution, periods } of all) {
      for (const each of periods) {
        const address = store.missing(dataset, resolution, each);
        if (address !== undefined) this.#missing.push(address);
      }
    }
    for (const line of this.lines) {
      const need = line.on ? told.get(line.dataset) : undefined;
      line.resolution = need?.resolution ?? null;
      const tiles = need?.periods.flatMap(
        (each) => store.tile(line.dataset, need.resolution, each) ?? [],
      );
      const { current } = this.#page.range;
      line.trace = need && tiles ? trace(tiles, line.column, current, need.resolution) : NOTHING;
      line.flagged = tiles ? flaggedIn(tiles, line.column, current) : [];
    }
  }

  #makePlot(): Plot {
    const { range, cursor } = this.#page;
    const { plot: place } = this.#figure;
    const room = this.spec.notes.length > 0 ? PINS : 0;
    const plot = new Plot(
      place,
      this.lines,
      { range: range.current, clock: this.#clock, room },
      {
        selected: (selected) => range.set(fit(selected, range.bounds), "zoomed"),
        wentOut: () => range.out(),
      },
    );
    plot.over.append(this.#marks.place);
    steer({
      plot,
      place,
      range,
      cursor,
      clock: () => this.#clock,
      source: this,
      instants: () => this.#instants(),
      tell: () => this.#tell(),
    });
    const resized = (): void => {
      if (plot.resize()) this.#changed();
    };
    new ResizeObserver(() => nextFrame(resized)).observe(place);
    return plot;
  }

  /** In other colors. */
  redraw(): void {
    this.#plot?.redraw();
    this.#legend.refresh();
  }

  /** Starts of the buckets that are shown, of all lines. */
  #instants(): number[] {
    const all = this.lines.flatMap(({ trace: made }) => {
      return made.t.slice(...within(made, this.#page.range.current));
    });
    return [...new Set(all)].sort((a, b) => a - b);
  }

  #follow(instant: number | null, isOurs: boolean): void {
    if (!this.#plot || !this.#isNear) return;
    // Under the mouse uPlot has put its cursor already.
    if (isOurs) this.#tell();
    else this.#point(instant);
  }

  #point(instant: number | null): void {
    this.#plot?.point(instant);
    this.#tell();
  }

  #tell(): string {
    const { cursor, range } = this.#page;
    return this.#legend.tell(
      cursor.instant,
      this.#clock,
      this.#decimals,
      this.#samples,
      range.current,
    );
  }

  #switch(line: Line): void {
    line.on = !line.on;
    this.#legend.refresh();
    this.#isDrawn = false;
    nextFrame(this.#update);
  }

  #again(): void {
    this.#page.store.forgive();
    this.#figure.busy = true;
    const { datasets, range } = this.#page;
    const names = [...this.lines.map((each) => each.dataset), ...this.spec.notes];
    void datasets.load(names).then(() => range.refresh());
  }

  #behind({ dataset, facts }: Line): Behind | null {
    const source = this.#page.datasets.get(dataset);
    return source && facts ? behind(source, facts, this.#clock, Date.now() / 1000) : null;
  }

  #emptiness(): string {
    const { range, lines } = this;
    const last = lines.flatMap(({ facts }) => facts?.newest ?? []);
    const newest = last.length === 0 ? null : Math.max(...last);
    const isAnyOn = lines.some((each) => each.on);
    const isFlagged = lines.some((each) => each.flagged.length > 0);
    return emptiness({ isAnyOn, isFlagged, newest, range }, this.#clock);
  }

  /** Which buckets these are, for everybody; what is seen, for who does not see it. */
  #describe(): void {
    const { spec, resolution } = this;
    const isBand = this.lines.some(({ trace }) =>
      trace.min.some((each, i) => each !== trace.max[i]),
    );
    const band = isBand ? ", band from lowest to highest" : "";
    const { from, to } = this.#page.range.current;
    const flags = new Set(this.lines.flatMap((each) => each.flagged.map(({ flag }) => flag)));
    this.#figure.explain(
      resolution === null ? [] : [`${spaced(resolution)} averages${band}`, this.#clock.label],
      {
        suspect: flags.has(3),
        fail: flags.has(4),
        sample: this.#samples.some(({ t }) => from <= t && t < to),
      },
    );
    const { canvas } = this.#plot!;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", labelOf(spec.title, spec.unit, { from, to }, this.#clock));
  }

  #noteInWords(note: Note): string {
    const sources = this.spec.notes.map((each) => this.#page.datasets.get(each));
    return sentence(note, this.#clock, () => samplesInWords(note, sources));
  }

  #showNotes(): void {
    const plot = this.#plot;
    if (!plot) return;
    const { notes } = this;
    const groups = grouped(notes, (t) => plot.leftOf(t));
    this.#marks.show(groups, (note) => this.#noteInWords(note), plot.over.clientWidth);
  }

  #fillTable(): void {
    const { table, tableBody } = this.#figure;
    if (!table.open) tableBody.replaceChildren();
    else if (this.#isDrawn) {
      const { title, unit } = this.spec;
      const lines = this.lines.filter((each) => each.on);
      const told = {
        title,
        unit,
        lines,
        range: this.range,
        clock: this.#clock,
        decimals: this.#decimals,
      };
      tableBody.replaceChildren(
        ...tables({ ...told, notes: this.notes, tellNote: (note) => this.#noteInWords(note) }),
      );
    }
  }

  #save(): void {
    const lines = this.lines.filter((each) => each.on);
    const { unit, title } = this.spec;
    const text = csv(
      lines.map(({ label, trace: shown }) => ({ label, unit, ...drawn(shown, this.range) })),
    );
    offer(text, `${fileName(title, this.range)}.csv`);
  }
}
