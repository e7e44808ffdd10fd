/** The marks of a time axis. */
import { formatDuration, formatNumber } from "./numerals";

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** Round numbers of seconds to mark on an axis of this many seconds, that begins at so many: about five of them. */
export function ticksOf(seconds: number, first = 0): number[] {
  const step = STEPS.find((candidate) => seconds / candidate <= 6) ?? Math.ceil(seconds / 6 / 86_400) * 86_400;
  const [from, to] = [Math.ceil(first / step), Math.floor((first + seconds) / step)];
  return Array.from({ length: to - from + 1 }, (_, index) => Number(((from + index) * step).toFixed(2)));
}

/** A part of an axis, in seconds from its beginning. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Seconds of the shortest axis. */
const SHORTEST = 0.05;

/** The part seen after zooming by a factor around a point, out of `all` seconds; null: all of them. */
export function zoomed({ from, to }: TimeRange, factor: number, around: number, all: number): TimeRange | null {
  const span = Math.max(SHORTEST, (to - from) * factor);
  if (span >= all) return null;
  const start = Math.min(Math.max(0, around - ((around - from) / (to - from)) * span), all - span);
  return { from: start, to: start + span };
}

/** As durations are written, without parts that are zero: a tick is a round number. */
export function tickLabel(seconds: number): string {
  return seconds < 60 ? `${formatNumber(seconds)} s` : formatDuration(seconds).replace(/ 0 \w+$/, "");
}
