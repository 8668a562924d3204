// What is drawn beside the lines: bands, flagged readings, grab samples.

import type uPlot from "uplot";
import type { Line } from "./line.ts";
import { colorOf, palette } from "./palette.ts";
import { goesOn, type Trace } from "./trace.ts";

export interface Sample {
  t: number;
  value: number;
  /** The line of the same column, or null for one of the same parameter and unit. */
  line: Line | null;
  label: string;
}

const BAND_ALPHA = 0.2;

/** Half the size of a mark, in CSS pixels. */
const MARK = 5;

type Position = (value: number) => number;

const clip = (plot: uPlot, draw: (context: CanvasRenderingContext2D) => void): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
};

function run(path: Path2D, made: Trace, from: number, to: number, x: Position, y: Position): void {
  if (from === to) {
    // A bucket on its own has no width: its band is a bar.
    const at = x(made.t[from]!);
    const top = y(made.max[from]!);
    path.rect(at - 1.5, top, 3, y(made.min[from]!) - top);
    return;
  }
  path.moveTo(x(made.t[from]!), y(made.max[from]!));
  for (let i = from + 1; i <= to; i++) path.lineTo(x(made.t[i]!), y(made.max[i]!));
  for (let i = to; i >= from; i--) path.lineTo(x(made.t[i]!), y(made.min[i]!));
  path.closePath();
}

/** From the lowest to the highest value of each bucket, interrupted where the line is. */
export function drawBands(plot: uPlot, lines: readonly Line[]): void {
  const x: Position = (t) => plot.valToPos(t, "x", true);
  const y: Position = (value) => plot.valToPos(value, "y", true);
  clip(plot, (context) => {
    context.globalAlpha = BAND_ALPHA;
    for (const { index, trace } of lines) {
      if (trace.min.every((low, i) => low === trace.avg[i] && low === trace.max[i])) continue;
      const path = new Path2D();
      let from = 0;
      for (let i = 0; i < trace.t.length; i++) {
        if (goesOn(trace, i)) continue;
        run(path, trace, from, i, x, y);
        from = i + 1;
      }
      context.fillStyle = colorOf(index);
      context.fill(path);
    }
  });
}

/** Where a mark lies; at the edge of the plot if its value is beyond, or if it has none. */
function place(plot: uPlot, t: number, value: number | null, size: number): [number, number] {
  const { top, height } = plot.bbox;
  const y = value === null ? top : plot.valToPos(value, "y", true);
  return [plot.valToPos(t, "x", true), Math.min(Math.max(y, top + size), top + height - size)];
}

/** Suspect readings are triangles, failed ones crosses: shapes are told apart without colors. */
export function drawFlagged(plot: uPlot, lines: readonly Line[], ratio: number): void {
  const { suspect, fail, ground } = palette();
  const size = MARK * ratio;
  clip(plot, (context) => {
    context.lineWidth = 2 * ratio;
    context.fillStyle = ground;
    for (const { flagged } of lines) {
      for (const { t, value, flag } of flagged) {
        const [x, y] = place(plot, t, value, size);
        context.beginPath();
        if (flag === 4) {
          context.strokeStyle = fail;
          context.moveTo(x - size, y - size);
          context.lineTo(x + size, y + size);
          context.moveTo(x + size, y - size);
          context.lineTo(x - size, y + size);
        } else {
          context.strokeStyle = suspect;
          context.moveTo(x, y - size);
          context.lineTo(x + size, y + size * 0.8);
          context.lineTo(x - size, y + size * 0.8);
          context.closePath();
          context.fill();
        }
        context.stroke();
      }
    }
  });
}

/** Diamonds, in the color of the line that they are to be compared with. */
export function drawSamples(plot: uPlot, samples: readonly Sample[], ratio: number): void {
  const { ink, ground } = palette();
  const size = (MARK + 1) * ratio;
  clip(plot, (context) => {
    context.lineWidth = 1.5 * ratio;
    context.strokeStyle = ground;
    for (const { t, value, line } of samples) {
      const [x, y] = place(plot, t, value, size);
      context.beginPath();
      context.moveTo(x, y - size);
      context.lineTo(x + size, y);
      context.lineTo(x, y + size);
      context.lineTo(x - size, y);
      context.closePath();
      context.fillStyle = line ? colorOf(line.index) : ink;
      context.fill();
      context.stroke();
    }
  });
}
