/** The range of a vertical axis: it stays while the data lies well within it, and otherwise moves, not jumps, to another. */
import { Scale, type Range } from "./scale";

/** Milliseconds that it moves for. */
const EASE_MS = 180;
/** Of the range, the least share that the data may take before it becomes narrower. */
const LEAST_SHARE = 0.55;

export class EasedRange {
  private from: Scale | null = null;
  private to: Scale | null = null;
  private began = 0;

  /** `moving`: called while it moves, for the next frame. */
  constructor(private readonly moving: () => void) {}

  /** Forget where it was: the next range is there at once. */
  reset(): void {
    this.from = this.to = null;
  }

  /** The scale to draw now; `fitting`: the range that fits the data from `low` to `high`. */
  towards(fitting: Range, low: number, high: number, log: boolean): Scale {
    const { to } = this;
    const stays = to !== null && to.log === log && holds(to, low, high);
    if (!stays) {
      const next = new Scale(fitting.low, fitting.high, log);
      const eases = to !== null && to.log === log && !next.equals(to) && !still();
      this.from = eases ? this.now() : null;
      this.to = next;
      this.began = performance.now();
    }
    const scale = this.now();
    if (this.from) this.moving();
    return scale;
  }

  private now(): Scale {
    const [from, to] = [this.from, this.to ?? new Scale(0, 1)];
    const share = (performance.now() - this.began) / EASE_MS;
    if (from === null || share >= 1) {
      this.from = null;
      return to;
    }
    const eased = 1 - (1 - share) ** 3;
    // Half of each, so that the sum of the two largest numbers there are is a number.
    const between = (one: number, other: number) =>
      to.log ? 10 ** (Math.log10(one) * (1 - eased) + Math.log10(other) * eased) : one * (1 - eased) + other * eased;
    return new Scale(between(from.low, to.low), between(from.high, to.high), to.log);
  }
}

function holds(scale: Scale, low: number, high: number): boolean {
  if (low < scale.low || high > scale.high) return false;
  return low === high || scale.share(high) - scale.share(low) >= LEAST_SHARE;
}

function still(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
