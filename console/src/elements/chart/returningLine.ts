/**
 * The line of a series that comes to an x again, as when every epoch counts its steps from 0. uPlot draws one point
 * for each x, in the order of x; this line has all of them, in the order in which they came.
 */
import type uPlot from "uplot";
import type { Series } from "../../protocol/deck.gen";
import { startsAgain } from "./series";

/** A series without the points that have no x. */
interface Placed {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/** The line's path; where x starts again, the line does. */
export function returningPath(plot: uPlot, series: Series, logY: boolean): uPlot.Series.Paths {
  const stroke = new Path2D();
  const { x, y } = placed(series);
  let drawing = false;
  x.forEach((at, index) => {
    const value = y[index] ?? null;
    if (startsAgain(x, index)) drawing = false;
    if (value === null || (logY && value <= 0)) {
      drawing = false;
      return;
    }
    const [left, top] = [plot.valToPos(at, "x", true), plot.valToPos(value, "y", true)];
    if (!drawing) stroke.moveTo(left, top);
    // A point alone is a line that is just long enough to be drawn.
    stroke.lineTo(drawing ? left : left + 0.01, top);
    drawing = true;
  });
  return { stroke, fill: null, clip: null, flags: 0 };
}

/** The lowest and highest value at x from `low` to `high`; null when there is none. */
export function extremesOf({ x, y }: Series, low: number, high: number, logY: boolean): [number, number] | null {
  let [least, most] = [Infinity, -Infinity];
  x.forEach((at, index) => {
    const value = y[index];
    if (at === null || at < low || at > high || value === null || value === undefined || (logY && value <= 0)) return;
    least = Math.min(least, value);
    most = Math.max(most, value);
  });
  return least <= most ? [least, most] : null;
}

/** How often x starts again. */
export function restartsOf(series: Series): number {
  const { x } = placed(series);
  return x.filter((_, index) => startsAgain(x, index)).length;
}

function placed({ x, y }: Series): Placed {
  if (x.every((value) => value !== null)) return { x: x, y };
  const rows = x.flatMap((value, index) => (value === null ? [] : [index]));
  return { x: rows.map((row) => x[row] ?? 0), y: rows.map((row) => y[row] ?? null) };
}
