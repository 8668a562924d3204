// How hands change what the charts of a page show: by mouse, fingers and keys on one of them.

import type { Clock } from "./clock.ts";
import type { Cursor } from "./cursor.ts";
import { announce } from "./element.ts";
import { wireKeys } from "./keys.ts";
import type { Change, PageRange } from "./page-range.ts";
import type { Plot } from "./plot.ts";
import { fit, pan, pinch, type Range, zoom } from "./range.ts";
import { wireTouch } from "./touch.ts";
import { next } from "./trace.ts";

export interface Steered {
  plot: Plot;
  /** What has the focus when keys are for the chart. */
  place: HTMLElement;
  range: PageRange;
  cursor: Cursor;
  clock: () => Clock;
  /** Who the cursor is told to come from. */
  source: object;
  /** Starts of the buckets that are shown, ascending. */
  instants: () => number[];
  /** What is to be said of the instant below the cursor. */
  tell: () => string;
}

export function steer({
  plot,
  place,
  range,
  cursor,
  clock,
  source,
  instants,
  tell,
}: Steered): void {
  const { over } = plot;
  const leftOf = (event: MouseEvent): number => event.clientX - over.getBoundingClientRect().left;
  over.addEventListener("mousemove", (event) =>
    cursor.point(plot.instantAt(leftOf(event)), source),
  );
  over.addEventListener("mouseleave", () => cursor.point(null, source));
  wireTouch(over, {
    pointed: (left) => cursor.point(plot.instantAt(left), null),
    pinched: (before, now) => {
      // Of the range, not of the plot: fingers move more often than it is drawn.
      const pinched = pinch(range.current, over.clientWidth, before, now);
      if (pinched) range.set(fit(pinched, range.bounds), "nudged");
    },
  });

  const tellRange = (): void => announce(clock().span(range.current));
  const move = (moved: Range, change: Change): void => {
    range.set(moved, change);
    tellRange();
  };
  const middle = (): number => {
    const { from, to } = range.current;
    const { instant } = cursor;
    return instant !== null && from <= instant && instant <= to ? instant : (from + to) / 2;
  };
  wireKeys(place, {
    pan: (part) => move(pan(range.current, part, range.bounds), "nudged"),
    zoom: (factor) => move(zoom(range.current, factor, middle(), range.bounds), "zoomed"),
    all: () => move({ ...range.bounds }, "picked"),
    out: () => {
      range.out();
      tellRange();
    },
    step: (buckets) => {
      const found = next(instants(), cursor.instant, buckets);
      if (found === null) return;
      cursor.point(found, null);
      announce(tell());
    },
  });
  place.addEventListener("blur", () => cursor.point(null, source));
}
