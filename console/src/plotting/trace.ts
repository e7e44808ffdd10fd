/**
 * The points of a line or a band as a chart draws them: in the order of x when all x are different, as workers may report
 * in any order; else as they came, in passes where x starts again (every epoch counts its steps from 0). The same rules as
 * in `livedeck/deck/plot.py`. Bringing one up to date costs what was appended.
 */
import { compare, hasDigits, near, type Column as Values, type Exact } from "../core/digits";
import { Extremes, lowerBound, Numbers } from "./numbers";

/** Points as the document has them: columns as long as x. */
export interface Points {
  readonly x: Values;
  readonly columns: readonly Values[];
}

/** What an axis has no place for. */
export interface Positive {
  readonly x: boolean;
  readonly y: boolean;
}

/** A stretch of points that is drawn without a break; `straight`: x does not go back in it. */
export interface Pass {
  readonly start: number;
  readonly end: number;
  readonly straight: boolean;
}

/** Late points beyond which all are sorted anew. */
const MANY = 256;

export class Trace {
  x = new Numbers();
  columns: readonly Extremes[] = [];
  /** Every x is a whole number: a step or an epoch. */
  whole = true;
  /** Points left out because a logarithmic axis has no place for their x, or their value. */
  lost = { x: 0, y: 0 };
  private smooth: Extremes | null = null;
  private weight = 0;
  private average = { sum: 0, share: 1 };
  private taken = 0;
  private repeats = false;
  private asItCame = false;
  private lineage: object | null = null;
  private positive: Positive = { x: false, y: false };
  private ordinal = false;
  private points: Points = { x: [], columns: [] };
  /** Of points some of which came as digits: where each is among all of them, to say exactly what it is. */
  private places: Numbers | null = null;
  private known: { readonly length: number; readonly ends: readonly [Exact, Exact] } | null = null;
  /** Where x goes back, and whether it starts again there. */
  private backs: { readonly at: number; readonly again: boolean }[] = [];

  /** How often x starts again. */
  get restarts(): number {
    return this.backs.filter(({ again }) => again).length;
  }

  /** Whether x never goes back. */
  get ascends(): boolean {
    return this.backs.length === 0;
  }

  get length(): number {
    return this.x.length;
  }

  get passes(): Pass[] {
    const passes: Pass[] = [];
    let [start, straight] = [0, true];
    for (const { at, again } of this.backs) {
      if (!again) straight = false;
      else {
        passes.push({ start, end: at, straight });
        [start, straight] = [at, true];
      }
    }
    passes.push({ start, end: this.length, straight });
    return passes;
  }

  /**
   * Take a state of the points. What follows the state before, by its lineage, has only been appended to. `ordinal`: the
   * first point lies at 0, the next at 1, whatever their x.
   */
  update(points: Points, lineage: object, positive: Positive, ordinal = false): void {
    const follows =
      ordinal === this.ordinal &&
      lineage === this.lineage &&
      positive.x === this.positive.x &&
      positive.y === this.positive.y &&
      points.columns.length === this.columns.length &&
      points.x.length >= this.taken;
    this.lineage = lineage;
    [this.positive, this.ordinal] = [positive, ordinal];
    const exact = [points.x, ...points.columns].some((column) => hasDigits(column, follows ? this.taken : 0));
    if (!follows) this.places = null;
    if (!follows || (exact && !this.places)) {
      if (exact) this.places = new Numbers();
      this.restart(points);
    }
    this.points = points;
    this.append(points);
    this.taken = points.x.length;
  }

  /** A point's x, exactly. */
  exactX(index: number): Exact {
    return this.places && !this.ordinal ? (this.points.x[this.places.at(index)] ?? NaN) : this.x.at(index);
  }

  /** A point's value in a column, exactly; NaN where there is none. */
  exactly(index: number, column = 0): Exact {
    const value = this.columns[column]?.at(index) ?? NaN;
    return this.places && !Number.isNaN(value) ? (this.points.columns[column]?.[this.places.at(index)] ?? NaN) : value;
  }

  /** The least and the greatest value of the first column, exactly; null when there is none. */
  ends(): readonly [least: Exact, greatest: Exact] | null {
    const [column] = this.columns;
    const found = column?.between(0, column.length) ?? null;
    if (!this.places || !column || !found) return found;
    const { length } = column;
    if (this.known?.length === length) return this.known.ends;
    let [least, greatest]: [Exact | null, Exact | null] = [null, null];
    for (let index = 0; index < length; index++) {
      const value = column.at(index);
      const exact = value === found[0] || value === found[1] ? this.exactly(index) : NaN;
      if (value === found[0] && (least === null || compare(exact, least) < 0)) least = exact;
      if (value === found[1] && (greatest === null || compare(exact, greatest) > 0)) greatest = exact;
    }
    this.known = { length, ends: [least ?? found[0], greatest ?? found[1]] };
    return this.known.ends;
  }

  /** The first column as an exponential average, its start corrected; `weight` is that of what came before, 0: none. */
  smoothed(weight: number): Extremes | null {
    if (weight <= 0 || this.columns.length !== 1) return null;
    if (this.smooth === null || this.weight !== weight) {
      [this.smooth, this.weight, this.average] = [new Extremes(), weight, { sum: 0, share: 1 }];
    }
    const values = this.columns[0] ?? new Extremes();
    const starts = new Set(this.backs.filter(({ again }) => again).map(({ at }) => at));
    let { sum, share } = this.average;
    for (let index = this.smooth.length; index < values.length; index++) {
      if (starts.has(index)) [sum, share] = [0, 1];
      const value = values.at(index);
      if (Number.isNaN(value)) {
        this.smooth.push(NaN);
        continue;
      }
      sum = sum * weight + value * (1 - weight);
      share *= weight;
      this.smooth.push(sum / (1 - share));
    }
    this.average = { sum, share };
    return this.smooth;
  }

  /** The index of the point whose x is nearest; -1 when there is none. */
  nearest(x: number): number {
    let [found, distance] = [-1, Infinity];
    const look = (index: number) => {
      const away = Math.abs(this.x.at(index) - x);
      if (away < distance) [found, distance] = [index, away];
    };
    for (const { start, end, straight } of this.passes) {
      if (straight) {
        const at = lowerBound(this.x, x, start, end);
        if (at > start) look(lowerBound(this.x, this.x.at(at - 1), start, end));
        if (at < end) look(at);
      } else for (let index = start; index < end; index++) look(index);
    }
    return found;
  }

  /** The least and greatest x; null while there is none. */
  range(): [number, number] | null {
    if (this.length === 0) return null;
    if (this.ascends) return [this.x.at(0), this.x.at(this.length - 1)];
    let [least, greatest] = [Infinity, -Infinity];
    for (const { start, end, straight } of this.passes) {
      const step = straight ? Math.max(1, end - start - 1) : 1;
      for (let index = start; index < end; index += step) {
        least = Math.min(least, this.x.at(index));
        greatest = Math.max(greatest, this.x.at(index));
      }
    }
    return [least, greatest];
  }

  /** The least and greatest of all columns at x from `low` to `high`; null when there is none. */
  extremes(low: number, high: number): [number, number] | null {
    let [least, greatest] = [Infinity, -Infinity];
    const take = (found: [number, number] | null) => {
      if (found) [least, greatest] = [Math.min(least, found[0]), Math.max(greatest, found[1])];
    };
    for (const { start, end, straight } of this.passes) {
      if (straight) {
        const from = lowerBound(this.x, low, start, end);
        const to = upperBound(this.x, high, from, end);
        for (const column of this.columns) take(column.between(from, to));
        continue;
      }
      for (let index = start; index < end; index++) {
        if (this.x.at(index) < low || this.x.at(index) > high) continue;
        for (const column of this.columns) take(column.between(index, index + 1));
      }
    }
    return least <= greatest ? [least, greatest] : null;
  }

  private restart(points: Points): void {
    this.x = new Numbers();
    if (this.places) this.places = new Numbers();
    this.known = null;
    this.columns = points.columns.map(() => new Extremes());
    this.smooth = null;
    [this.taken, this.repeats, this.asItCame, this.whole] = [0, false, false, true];
    this.lost = { x: 0, y: 0 };
    this.backs = [];
  }

  private append(points: Points): void {
    const { x } = points;
    let late = 0;
    for (let index = this.taken; index < x.length; index++) {
      const at = this.ordinal ? index : near(x[index]);
      if (Number.isNaN(at)) continue;
      if (this.positive.x && at <= 0) {
        this.lost.x++;
        continue;
      }
      if (this.whole && !Number.isInteger(at)) this.whole = false;
      const last = this.length === 0 ? -Infinity : this.x.at(this.length - 1);
      if (at >= last || this.asItCame) {
        if (at === last) this.repeats = true;
        this.push(at, points, index);
        continue;
      }
      const place = lowerBound(this.x, at);
      if (this.repeats || this.x.at(place) === at) {
        this.takeAsItCame(points);
        return;
      }
      if (++late > MANY) {
        this.sort(points);
        return;
      }
      this.insert(place, at, points, index);
    }
  }

  private push(at: number, points: Points, index: number): void {
    this.x.push(at);
    this.places?.push(index);
    this.columns.forEach((column, number) => column.push(this.shown(points.columns[number]?.[index])));
    if (this.asItCame) this.noteBack(this.length - 1);
  }

  private insert(place: number, at: number, points: Points, index: number): void {
    this.x.insert(place, at);
    this.places?.insert(place, index);
    this.columns.forEach((column, number) => column.insert(place, this.shown(points.columns[number]?.[index])));
    this.smooth = null;
  }

  /** What a value is drawn as: NaN is a gap. */
  private shown(exact: Exact | null | undefined): number {
    const value = near(exact);
    if (!this.positive.y || value > 0 || Number.isNaN(value)) return value;
    this.lost.y++;
    return NaN;
  }

  /** It has come to an x again, and its order is that in which it came. */
  private takeAsItCame(points: Points): void {
    this.restart(points);
    this.asItCame = this.repeats = true;
    this.append(points);
  }

  private sort(points: Points): void {
    const at = (row: number) => near(points.x[row]);
    const left = (row: number) => this.positive.x && at(row) <= 0;
    const rows = points.x.flatMap((_, row) => (Number.isNaN(at(row)) || left(row) ? [] : [row]));
    rows.sort((one, other) => at(one) - at(other));
    if (rows.some((row, index) => index > 0 && at(row) === at(rows[index - 1] ?? 0))) {
      this.takeAsItCame(points);
      return;
    }
    const lost = points.x.filter((_, row) => left(row)).length;
    this.restart(points);
    this.lost.x = lost;
    for (const row of rows) {
      if (this.whole && !Number.isInteger(at(row))) this.whole = false;
      this.push(at(row), points, row);
    }
  }

  /** See whether x went back with the newest point; whether it starts again shows with the one after it. */
  private noteBack(last: number): void {
    const { x } = this;
    const before = this.backs.at(-1);
    if (before?.at === last - 1 && before.again !== this.startsAgain(last - 1)) {
      this.backs[this.backs.length - 1] = { at: last - 1, again: !before.again };
      this.smooth = null;
    }
    if (last > 0 && x.at(last) < x.at(last - 1)) this.backs.push({ at: last, again: this.startsAgain(last) });
  }

  /** x, which goes up, starts again there: it jumps back, and goes up from there too. */
  private startsAgain(at: number): boolean {
    const { x } = this;
    const here = x.at(at);
    return here < x.at(at - 1) && (at < 2 || x.at(at - 2) < x.at(at - 1)) && (at + 1 >= x.length || here < x.at(at + 1));
  }
}

/** The first index whose number is above a value. */
export function upperBound(numbers: Numbers, value: number, from = 0, to = numbers.length): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers.at(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
