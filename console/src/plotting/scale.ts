/** Where values lie on an axis, and which values lie there. */

export interface Range {
  readonly low: number;
  readonly high: number;
}

export class Scale implements Range {
  private readonly first: number;
  private readonly factor: number;

  constructor(
    readonly low: number,
    readonly high: number,
    readonly log = false,
  ) {
    // Quarters, so that the difference of the two largest numbers there are is a number.
    this.first = log ? Math.log10(low) : low / 4;
    this.factor = 1 / ((log ? Math.log10(high) : high / 4) - this.first);
  }

  /** From 0 at the low end to 1 at the high one; beyond them for what lies outside, but not without end. */
  share(value: number): number {
    const share = ((this.log ? Math.log10(value) : value / 4) - this.first) * this.factor;
    return share > 1000 ? 1000 : share < -1000 ? -1000 : share;
  }

  value(share: number): number {
    const at = this.first + share / this.factor;
    return this.log ? 10 ** at : 4 * at;
  }

  equals(other: Scale): boolean {
    return this.low === other.low && this.high === other.high && this.log === other.log;
  }
}

/** A part of a picture that two scales lie on, in pixels. */
export class Field {
  constructor(
    readonly left: number,
    readonly top: number,
    readonly width: number,
    readonly height: number,
    readonly x: Scale,
    readonly y: Scale,
  ) {}

  across(value: number): number {
    return this.left + this.x.share(value) * this.width;
  }

  upwards(value: number): number {
    return this.top + (1 - this.y.share(value)) * this.height;
  }
}
