/** What is said of a bar beside its label, as `livedeck/deck/kinds/progress.py` says it. */
import { formatDuration, formatNumber } from "../../core/numerals";
import type { Progress } from "../../protocol/deck.gen";

/** Of a second; nobody waits for what is slower. */
const SLOWEST = 1e-9;

/** How much of it is done, from 0 to 1; null: nobody knows. */
export function shareOf({ value = 0, total = null }: Progress): number | null {
  return total === null || total <= 0 ? null : Math.min(1, Math.max(0, value / total));
}

/** How it ended, if it has. */
export function phaseOf(bar: Progress): "" | "done" | "failed" {
  if (bar.state !== undefined && bar.state !== "") return bar.state;
  return shareOf(bar) === 1 ? "done" : "";
}

/** How much of the bar is filled: all of it once the task has said that it is done. */
export function filledOf(bar: Progress): number | null {
  return phaseOf(bar) === "done" ? 1 : shareOf(bar);
}

/** How much is done, and how it ended. What was not counted is not given as nothing once it is done. */
export function amountOf(bar: Progress): string {
  const { value = 0, total = null, unit = "", seconds = 0 } = bar;
  const words = unit && ` ${unit}`;
  const share = shareOf(bar);
  const phase = phaseOf(bar);
  const took = seconds > 0 ? formatDuration(seconds) : "";
  const counted =
    total === null || share === null
      ? [`${formatNumber(value)}${words}`]
      : [`${formatNumber(value)} of ${formatNumber(total)}${words}`, `${percent(value, total)} %`];
  const said = phase === "done" && share !== 1 ? (value === 0 ? [] : counted.slice(0, 1)) : counted;
  if (phase === "failed") said.push(took ? `failed after ${took}` : "failed");
  if (phase === "done" && share !== 1) said.push("done");
  if (phase === "done" && took) said.push(`in ${took}`);
  return said.join(" · ");
}

/** How fast it goes, and how long that takes; empty where nobody knows, and once it is over. */
export function paceOf(bar: Progress): string {
  const { value = 0, total = null, unit = "", rate = null } = bar;
  if (rate === null || rate < SLOWEST || phaseOf(bar)) return "";
  const speed = rate < 1 ? `${formatDuration(1 / rate)} each` : `${formatNumber(rate)}${unit && ` ${unit}`}/s`;
  return total === null || shareOf(bar) === null ? speed : `${speed} · ${formatDuration((total - value) / rate)} left`;
}

/** Rounded down; multiplied first, for 29 / 100 * 100 is less than 29. */
export function percent(value: number, total: number): number {
  return Math.floor(Math.min(100, Math.max(0, (value * 100) / total)));
}
