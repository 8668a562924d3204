// The plot of a chart: uPlot, told what to draw and asked where things lie.

import uPlot from "uplot";
import type { Clock } from "./clock.ts";
import { decimalsOf, format } from "./number.ts";
import { join } from "./join.ts";
import type { Line } from "./line.ts";
import { drawBands, drawFlagged, drawSamples, type Sample } from "./marks.ts";
import { colorOf, dashOf, palette } from "./palette.ts";
import type { Range } from "./range.ts";
import { type Tick, ticks } from "./ticks.ts";
import { lowerBound, nearest } from "./trace.ts";

export interface PlotEvents {
  selected: (range: Range) => void;
  wentOut: () => void;
}

/** Pixels that a label of the time axis needs, and a pixel-wide drag that is only a click. */
const LABEL_WIDTH = 62;
const CLICK = 5;
/** Closer than this, single buckets are not marked. */
const POINT_SPACE = 14;

export class Plot {
  readonly #place: HTMLElement;
  readonly #lines: readonly Line[];
  readonly #events: PlotEvents;
  readonly #room: number;
  readonly #uplot: uPlot;
  #clock: Clock;
  #range: Range;
  #extent: [number, number] = [0, 1];
  #alone: number[][] = [];
  #samples: readonly Sample[] = [];
  #ticks: Tick[] = [];
  #isEmpty = true;

  /** `room` pixels between the time axis and its labels are left for others to draw in. */
  constructor(
    place: HTMLElement,
    lines: readonly Line[],
    { range, clock, room }: { range: Range; clock: Clock; room: number },
    events: PlotEvents,
  ) {
    this.#room = room;
    this.#place = place;
    this.#lines = lines;
    this.#range = range;
    this.#clock = clock;
    this.#events = events;
    this.#uplot = new uPlot(this.#options(), [[], ...lines.map(() => [])], place);
  }

  get over(): HTMLElement {
    return this.#uplot.over;
  }

  get canvas(): HTMLCanvasElement {
    return this.#uplot.ctx.canvas;
  }

  /** Draw what the lines have now. */
  show(
    range: Range,
    clock: Clock,
    extent: [number, number] | null,
    samples: readonly Sample[],
  ): void {
    const { t, avg, alone } = join(this.#lines.map((each) => each.trace));
    this.#clock = clock;
    this.#extent = extent ?? [0, 1];
    this.#isEmpty = extent === null;
    this.#alone = alone;
    this.#samples = samples;
    // Lines as thick as their buckets are apart would be one surface.
    const isDense = t.length > this.#place.clientWidth * 0.8;
    for (const series of this.#uplot.series.slice(1)) series.width = isDense ? 1 : 1.75;
    this.#uplot.batch(() => {
      this.#uplot.setData([t, ...avg] as uPlot.AlignedData, false);
      this.#scale(range);
    });
  }

  /** Another range of what is drawn already. */
  move(range: Range): void {
    this.#scale(range);
  }

  #scale(range: Range): void {
    this.#range = range;
    this.#ticks = [];
    this.#uplot.setScale("x", { min: range.from, max: range.to });
  }

  /** Draw the same with other colors. */
  redraw(): void {
    this.#uplot.redraw(false, false);
  }

  /** Draw the same as wide and high as there is room now; false if that is as before. */
  resize(): boolean {
    const { clientWidth: width, clientHeight: height } = this.#place;
    if (width === this.#uplot.width && height === this.#uplot.height) return false;
    if (width === 0 || height === 0) return false;
    this.#ticks = [];
    this.#uplot.setSize({ width, height });
    return true;
  }

  /** Put the line of the cursor on an instant, without telling that it moved. */
  point(instant: number | null): void {
    const left = instant === null ? -10 : this.#uplot.valToPos(instant, "x");
    this.#uplot.setCursor({ left, top: left < 0 ? -10 : 1 }, false);
  }

  /** Let one line stand out, or none. */
  emphasize(line: number | null): void {
    this.#uplot.setSeries(line === null ? null : line + 1, { focus: true }, false);
  }

  instantAt(left: number): number {
    return this.#uplot.posToVal(left, "x");
  }

  leftOf(instant: number): number {
    return this.#uplot.valToPos(instant, "x");
  }

  #options(): uPlot.Options {
    const font = `12px ${getComputedStyle(this.#place).fontFamily}`;
    const muted = (): string => palette().muted;
    const grid: uPlot.Axis.Grid = { stroke: () => palette().rule, width: 1 };
    return {
      width: Math.max(this.#place.clientWidth, 200),
      height: Math.max(this.#place.clientHeight, 120),
      padding: [10, LABEL_WIDTH / 2 - 9, 0, 0],
      legend: { show: false },
      focus: { alpha: 0.2 },
      scales: {
        x: { time: true, auto: false, min: this.#range.from, max: this.#range.to },
        y: { range: () => this.#extent },
      },
      axes: [
        {
          font,
          stroke: muted,
          grid,
          ticks: { show: false },
          size: 40 + this.#room,
          gap: 6 + this.#room,
          splits: () => this.#ticksNow().map((each) => each.t),
          values: () => this.#ticksNow().map((each) => each.label),
        },
        {
          font,
          stroke: muted,
          grid,
          ticks: { show: false },
          gap: 6,
          space: 34,
          size: (_, values) => this.#widest(values),
          values: (_, splits, __, ___, step) => this.#labels(splits, step),
        },
      ],
      series: [{}, ...this.#lines.map((line) => this.#series(line))],
      cursor: this.#cursor(),
      hooks: {
        drawAxes: [(plot) => drawBands(plot, this.#lines)],
        draw: [
          (plot) => {
            drawFlagged(plot, this.#lines, uPlot.pxRatio);
            drawSamples(plot, this.#samples, uPlot.pxRatio);
          },
        ],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
  }

  #series({ index }: Line): uPlot.Series {
    const spaceEnough = (plot: uPlot, from: number, to: number): boolean =>
      (to - from) * POINT_SPACE < plot.bbox.width / uPlot.pxRatio;
    return {
      stroke: () => colorOf(index),
      dash: dashOf(index),
      points: {
        size: 5,
        fill: () => colorOf(index),
        show: (plot, _, from, to) => spaceEnough(plot, from, to),
        filter: (_, which, show) => (show ? null : (this.#alone[which - 1] ?? null)),
      },
    };
  }

  #cursor(): uPlot.Cursor {
    return {
      y: false,
      points: {
        size: 8,
        width: 2,
        fill: (_, which) => colorOf(which - 1),
        stroke: () => palette().ground,
      },
      drag: { x: true, y: false, setScale: false, dist: CLICK },
      bind: {
        dblclick: () => () => {
          this.#events.wentOut();
          return null;
        },
      },
      // Joined lines have instants of each other; each is pointed at where it has a bucket itself.
      dataIdx: (plot, which, closest, instant) => {
        if (which === 0) return closest;
        const { trace } = this.#lines[which - 1]!;
        const found = nearest(trace, instant);
        return found < 0 ? null : lowerBound(plot.data[0], trace.t[found]!);
      },
    };
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width <= CLICK) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#events.selected({
      from: plot.posToVal(left, "x"),
      to: plot.posToVal(left + width, "x"),
    });
  }

  #ticksNow(): Tick[] {
    if (this.#ticks.length === 0) {
      const most = Math.floor(this.#place.clientWidth / LABEL_WIDTH);
      this.#ticks = ticks(this.#range, this.#clock, most);
    }
    return this.#ticks;
  }

  #labels(splits: readonly number[], step: number): string[] {
    if (this.#isEmpty) return splits.map(() => "");
    const decimals = decimalsOf(step);
    return splits.map((each) => format(each, decimals));
  }

  #widest(values: readonly string[] | null): number {
    // The same for most charts: what lies below each other is of one instant.
    const usual = this.#place.clientWidth < 500 ? 3 : 5;
    const longest = Math.max(usual, ...(values ?? []).map((each) => each.length));
    return 16 + longest * 7;
  }
}
