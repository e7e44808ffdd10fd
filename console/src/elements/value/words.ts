/** What is said of a value below it, as `livedeck/deck/kinds/value.py` says it. */
import { formatDelta, formatNumber } from "../../core/numerals";
import type { Value } from "../../protocol/deck.gen";

/** Of how many values at least there is a line, as in `livedeck/deck/kinds/value.py`. */
const LEAST = 3;

/** A change without its sign, and whether it is for the better where that is known. */
export function deltaWords(delta: number, upIsGood: boolean | null): string {
  if (delta === 0) return "unchanged";
  const words = formatDelta(delta);
  return upIsGood === null ? words : `${words} ${delta > 0 === upIsGood ? "better" : "worse"}`;
}

/** What a value is to come to, and how far it is from there. */
export function targetWords(value: NonNullable<Value["value"]> | null, target: number): string {
  const goal = `target ${formatNumber(target)}`;
  if (typeof value !== "number") return goal;
  const gap = value - target;
  return gap === 0 ? `at ${goal}` : `${formatDelta(gap)} ${gap > 0 ? "above" : "below"} ${goal}`;
}

/** Whether it has come to its target, or beyond it. */
export function isReached({ value = null, target = null, up_is_good: upIsGood = null }: Value): boolean {
  if (target === null || typeof value !== "number") return false;
  return value === target || (upIsGood !== null && value > target === upIsGood);
}

/** The line of recent values as the path of a picture of 100 by 24; empty where they are too few. */
export function trendPath(recent: readonly number[]): string {
  if (recent.length < LEAST) return "";
  const low = Math.min(...recent);
  const size = Math.max(...recent) - low;
  const step = 100 / (recent.length - 1);
  const share = (value: number) => (size > 0 && size < Infinity ? (value - low) / size : 0.5);
  return `M${recent.map((value, index) => `${(index * step).toFixed(1)} ${(22 - share(value) * 20).toFixed(1)}`).join("L")}`;
}

/** The same for those who do not see it. */
export function trendWords(recent: readonly number[]): string {
  const [first, last, low, high] = [recent[0] ?? 0, recent.at(-1) ?? 0, Math.min(...recent), Math.max(...recent)].map((each) => formatNumber(each));
  return `The last ${recent.length} values: from ${first} to ${last}, the lowest ${low}, the highest ${high}`;
}
