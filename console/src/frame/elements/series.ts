/**
 * From a chart's series, each with its own x values, to the one table with a common x column that uPlot draws. Where
 * a series has no point at an x, its column holds `undefined`, which uPlot draws across; `null` stays a gap.
 */
import { lineageOf } from "../../document/apply";
import type { Series } from "../../protocol/deck.gen";

type Y = number | null | undefined;
/** The x column, ascending without repeats, then one column of y values for each series. */
export type Columns = [x: number[], ...y: Y[][]];

interface Taken {
  readonly lineage: object;
  readonly points: number;
}

interface Point {
  readonly x: number;
  readonly y: Y;
  readonly series: number;
}

/**
 * Keeps the table of one chart. While points are only appended it costs what the new points cost; anything else
 * builds the table anew.
 */
export class SeriesTable {
  private columns: Columns = [[]];
  private taken: readonly Taken[] = [];
  private positive = false;

  /** The table for a state of the chart; valid until the next call. `positive`: leave out what a log axis cannot show. */
  update(series: readonly Series[], positive: boolean): Columns {
    if (positive !== this.positive || !this.follows(series) || !this.append(series)) this.columns = table(series, positive);
    this.positive = positive;
    this.taken = series.map((one) => ({ lineage: lineageOf(one), points: one.x.length }));
    return this.columns;
  }

  private follows(series: readonly Series[]): boolean {
    const { taken } = this;
    return taken.length === series.length && series.every((one, index) => taken[index]?.lineage === lineageOf(one));
  }

  /** Put in the points that are new. False, with the table as it was, when one belongs between rows. */
  private append(series: readonly Series[]): boolean {
    const [xs, ...ys] = this.columns;
    const points = series.flatMap((one, index) => pointsOf(one, index, this.taken[index]?.points ?? 0, this.positive));
    points.sort((a, b) => a.x - b.x);
    const last = xs.at(-1) ?? -Infinity;
    if (points.some(({ x }) => x < last && rowOf(xs, x) === null)) return false;
    for (const { x, y, series: index } of points) {
      const row = x > (xs.at(-1) ?? -Infinity) ? xs.push(x) - 1 : (rowOf(xs, x) ?? 0);
      const column = ys[index];
      if (column) column[row] = y;
    }
    for (const column of ys) while (column.length < xs.length) column.push(undefined);
    return true;
  }
}

function pointsOf({ x, y }: Series, series: number, from: number, positive: boolean): Point[] {
  const points: Point[] = [];
  for (let index = from; index < x.length; index++) {
    const at = x[index];
    if (at !== null && at !== undefined) points.push({ x: at, y: shown(y[index] ?? null, positive), series });
  }
  return points;
}

function table(series: readonly Series[], positive: boolean): Columns {
  const first = series[0];
  const shared = first !== undefined && ascends(first.x) && series.every((one) => sameX(one.x, first.x));
  if (shared) return [[...(first.x as number[])], ...series.map(({ y }) => y.map((value) => shown(value, positive)))];
  const xs = distinct(series);
  return [xs, ...series.map((one, index) => onto(xs, pointsOf(one, index, 0, positive)))];
}

function ascends(x: Series["x"]): boolean {
  return x.every((value, index) => value !== null && (index === 0 || value > (x[index - 1] ?? Infinity)));
}

function sameX(one: Series["x"], other: Series["x"]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function distinct(series: readonly Series[]): number[] {
  const all = Float64Array.from(series.flatMap(({ x }) => x.filter((value) => value !== null))).sort();
  return Array.from(all.filter((value, index) => index === 0 || value !== all[index - 1]));
}

function onto(xs: readonly number[], points: readonly Point[]): Y[] {
  const column = new Array<Y>(xs.length).fill(undefined);
  let row = 0;
  for (const { x, y } of points) {
    if ((xs[row] ?? Infinity) > x) row = rowOf(xs, x) ?? 0; // this series is not ascending
    while ((xs[row] ?? x) < x) row++;
    column[row] = y;
  }
  return column;
}

/** The row of an x that is in the table; null when it is not. */
function rowOf(xs: readonly number[], x: number): number | null {
  let low = 0;
  let high = xs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = xs[middle] ?? 0;
    if (at === x) return middle;
    if (at < x) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

function shown(y: Y, positive: boolean): Y {
  return positive && typeof y === "number" && y <= 0 ? null : y;
}
