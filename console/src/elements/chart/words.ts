/** What a chart says in words: to those who do not see it, and of what it does not show as it came. */
import type { Chart } from "../../protocol/deck.gen";
import { near } from "../../core/digits";
import { formatNumber } from "../../core/numerals";
import type { Drawn } from "./picture";

/** Lines that its description names. */
const NAMED = 12;

export function describe({ title, series = [], bands = [] }: Chart): string {
  if (series.length === 0 && bands.length === 0) return `${title}: no points yet`;
  const words = series.slice(0, NAMED).map(({ name, y }) => {
    const value = y.findLast((each) => !Number.isNaN(near(each))) ?? null;
    return value === null ? `${name}: no points yet` : `${name}: ${formatNumber(y.length)} points, last ${formatNumber(value)}`;
  });
  if (series.length > NAMED) words.push(`${series.length - NAMED} more`);
  for (const { name, x } of bands.slice(0, NAMED)) words.push(`a band ${name}: ${formatNumber(x.length)} points`);
  return `${title}. ${words.join("; ")}`;
}

/** The same words as `chart_notes` in `livedeck/deck/plot.py`. */
export function notesOf({ notes = {} }: Chart, drawn: readonly Drawn[]): string[] {
  const points = (count: number) => `${formatNumber(count)} ${count === 1 ? "point" : "points"}`;
  const words = Object.entries(notes).map(([said, count]) => `${said} (${points(count)})`);
  const sum = (of: (each: Drawn) => number) => drawn.reduce((total, each) => total + of(each), 0);
  const across = sum(({ line, band }) => (line?.lost.x ?? 0) + (band?.lost.x ?? 0));
  const upwards = sum(({ line, band }) => (line?.lost.y ?? 0) + (band?.lost.y ?? 0));
  if (across > 0) words.push(`x not above zero, for which a logarithmic axis has no place (${points(across)})`);
  if (upwards > 0) words.push(`not above zero, for which a logarithmic axis has no place (${points(upwards)})`);
  for (const { name, line } of drawn) {
    const restarts = line?.restarts ?? 0;
    if (restarts > 0) words.push(`x of ${name} starts again ${restarts === 1 ? "once" : `${formatNumber(restarts)} times`}; each pass is a line of its own`);
  }
  return words;
}
