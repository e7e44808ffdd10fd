/**
 * From a chart's series, each with its own x values, to the one table with a common x column that uPlot draws. Where
 * a series has no point at an x, its column holds `undefined`, which uPlot draws across; `null` stays a gap.
 */
import { lineageOf } from "../lineage";
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
  private whole = true;
  private returning = new Set<number>();

  /** Whether every x is a whole number: a step or an epoch. */
  get isWhole(): boolean {
    return this.whole;
  }

  /** The series that come to an x again: the table holds the last of their points there only. */
  get returns(): ReadonlySet<number> {
    return this.returning;
  }

  /** The table for a state of the chart; valid until the next call. `positive`: leave out what a log axis cannot show. */
  update(series: readonly Series[], positive: boolean): Columns {
    const follows = positive === this.positive && this.follows(series);
    this.whole = (follows ? this.whole : true) && series.every((one, index) => isWhole(one.x, follows ? this.taken[index]?.points : 0));
    if (!follows || !this.append(series)) {
      this.returning = new Set();
      this.columns = this.table(series, positive);
    }
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
      if (!column) continue;
      if (column[row] !== undefined) this.returning.add(index);
      column[row] = y;
    }
    for (const column of ys) while (column.length < xs.length) column.push(undefined);
    return true;
  }

  private table(series: readonly Series[], positive: boolean): Columns {
    const first = series[0];
    const shared = first !== undefined && ascends(first.x) && series.every((one) => sameX(one.x, first.x));
    if (shared) return [[...(first.x as number[])], ...series.map(({ y }) => y.map((value) => shown(value, positive)))];
    const xs = distinct(series);
    return [xs, ...series.map((one, index) => this.onto(xs, pointsOf(one, index, 0, positive), index))];
  }

  private onto(xs: readonly number[], points: readonly Point[], series: number): Y[] {
    const column = new Array<Y>(xs.length).fill(undefined);
    let row = 0;
    for (const { x, y } of points) {
      if ((xs[row] ?? Infinity) > x) row = rowOf(xs, x) ?? 0; // this series is not ascending
      while ((xs[row] ?? x) < x) row++;
      if (column[row] !== undefined) this.returning.add(series);
      column[row] = y;
    }
    return column;
  }
}

/** Where x, which goes up, starts again: it jumps back, and goes up from there too. The lists hold no null. */
export function startsAgain(x: readonly number[], at: number): boolean {
  const [before = -Infinity, here = Infinity] = [x[at - 1], x[at]];
  return here < before && (x[at - 2] ?? -Infinity) < before && here < (x[at + 1] ?? Infinity);
}

function isWhole(x: Series["x"], from = 0): boolean {
  for (let index = from; index < x.length; index++) if (x[index] !== null && !Number.isInteger(x[index])) return false;
  return true;
}

function pointsOf({ x, y }: Series, series: number, from: number, positive: boolean): Point[] {
  const points: Point[] = [];
  for (let index = from; index < x.length; index++) {
    const at = x[index];
    if (at !== null && at !== undefined) points.push({ x: at, y: shown(y[index] ?? null, positive), series });
  }
  return points;
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
