/** Columns of numbers that grow, and the least and greatest of any stretch of one without looking at all of it. */

/** A list of numbers in one block of memory; NaN where there is none. */
export class Numbers {
  private held = new Float64Array(64);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** Valid until something is added. */
  get values(): Float64Array {
    return this.held;
  }

  at(index: number): number {
    return index >= 0 && index < this.count ? (this.held[index] ?? 0) : NaN;
  }

  push(value: number): void {
    if (this.count === this.held.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.held);
      this.held = larger;
    }
    this.held[this.count++] = value;
  }

  insert(index: number, value: number): void {
    this.push(value);
    this.held.copyWithin(index + 1, index, this.count - 1);
    this.held[index] = value;
  }
}

/** How many numbers one of the level above stands for. */
const SHARE = 32;

/** Numbers of which the least and the greatest of a stretch are found in steps as many as its length has digits. */
export class Extremes extends Numbers {
  private readonly levels: { readonly least: Numbers; readonly greatest: Numbers }[] = [];
  /** How many numbers the levels know. */
  private known = 0;

  override insert(index: number, value: number): void {
    super.insert(index, value);
    this.known = Math.min(this.known, index);
  }

  /** The least and greatest from one index to before another, NaN left out; null when there is none. */
  between(from: number, to: number): [least: number, greatest: number] | null {
    this.learn();
    let [least, greatest] = [Infinity, -Infinity];
    const take = (low: number, high: number) => {
      if (low < least) least = low;
      if (high > greatest) greatest = high;
    };
    let [start, end] = [Math.max(0, from), Math.min(this.length, to)];
    let low: Numbers = this; // eslint-disable-line @typescript-eslint/no-this-alias -- the lowest level
    let high: Numbers = this; // eslint-disable-line @typescript-eslint/no-this-alias
    for (let level = 0; start < end; level++) {
      const above = this.levels[level];
      const inner = Math.ceil(start / SHARE);
      const last = Math.min(Math.floor(end / SHARE), above?.least.length ?? 0);
      if (above === undefined || inner >= last) {
        for (let index = start; index < end; index++) take(low.at(index), high.at(index));
        break;
      }
      for (let index = start; index < inner * SHARE; index++) take(low.at(index), high.at(index));
      for (let index = last * SHARE; index < end; index++) take(low.at(index), high.at(index));
      [start, end, low, high] = [inner, last, above.least, above.greatest];
    }
    return least <= greatest ? [least, greatest] : null;
  }

  /** Bring the levels up to what has been added. Only whole shares are known to them. */
  private learn(): void {
    if (this.known === this.length) return;
    let [from, count] = [this.known, this.length];
    let low: Numbers = this; // eslint-disable-line @typescript-eslint/no-this-alias
    let high: Numbers = this; // eslint-disable-line @typescript-eslint/no-this-alias
    for (let level = 0; count >= SHARE; level++) {
      const above = (this.levels[level] ??= { least: new Numbers(), greatest: new Numbers() });
      const first = Math.floor(from / SHARE);
      const last = Math.floor(count / SHARE);
      for (let index = first; index < last; index++) {
        let [least, greatest] = [Infinity, -Infinity];
        for (let each = index * SHARE; each < (index + 1) * SHARE; each++) {
          const [one, other] = [low.at(each), high.at(each)];
          if (one < least) least = one;
          if (other > greatest) greatest = other;
        }
        set(above.least, index, least);
        set(above.greatest, index, greatest);
      }
      [from, count, low, high] = [first, last, above.least, above.greatest];
    }
    this.known = this.length;
  }
}

function set(numbers: Numbers, index: number, value: number): void {
  if (index < numbers.length) numbers.values[index] = value;
  else numbers.push(value);
}

/** The first index from `from` on, and before `to`, whose number is not below a value; the numbers ascend. */
export function lowerBound(numbers: Numbers, value: number, from = 0, to = numbers.length): number {
  let [low, high] = [from, to];
  const { values } = numbers;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
