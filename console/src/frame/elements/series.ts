/** From a chart's series, each with its own x values, to the one table with a common x column that uPlot draws. */
import type { Series } from "../../protocol/deck.gen";

type Numbers = (number | null)[];
/** The x column, then one column of y values for each series; a missing value is null (a gap). */
export type Columns = [x: number[], ...y: (number | null | undefined)[][]];

/** O(points): the series of most charts have the same x values, and then nothing is merged or copied. */
export function alignSeries(series: readonly Series[], positiveOnly = false): Columns {
  const cleaned = series.map((one) => withoutMissingX(one));
  const columns = shareX(cleaned) ? shared(cleaned) : merged(cleaned);
  return positiveOnly ? withoutNonPositive(columns) : columns;
}

function withoutMissingX(series: Series): Series {
  if (!series.x.includes(null)) return series;
  const keep = series.x.map((x) => x !== null);
  return { name: series.name, x: series.x.filter((_, i) => keep[i]), y: series.y.filter((_, i) => keep[i]) };
}

function shareX(series: readonly Series[]): boolean {
  const first = series[0];
  return series.every((one) => one.x.length === first?.x.length && one.x.every((x, i) => x === first.x[i]));
}

function shared(series: readonly Series[]): Columns {
  return [(series[0]?.x ?? []) as number[], ...series.map((one) => one.y as Numbers)];
}

/**
 * A merge of ascending x columns. Where a series has no point, its column holds `undefined`, which uPlot draws
 * across, while `null` stays a gap.
 */
function merged(series: readonly Series[]): Columns {
  const xs = [...new Set(series.flatMap((one) => one.x as number[]))].sort((a, b) => a - b);
  const columns = series.map((one) => onto(xs, one));
  return [xs, ...columns];
}

function onto(xs: readonly number[], series: Series): (number | null | undefined)[] {
  const column = new Array<number | null | undefined>(xs.length).fill(undefined);
  let row = 0;
  for (let point = 0; point < series.x.length; point++) {
    const x = series.x[point] ?? 0;
    if (row > 0 && (xs[row] ?? 0) > x) row = 0;
    while ((xs[row] ?? x) < x) row++;
    column[row] = series.y[point] ?? null;
  }
  return column;
}

/** A logarithmic axis has no place for zero and below. */
function withoutNonPositive([x, ...ys]: Columns): Columns {
  return [x, ...ys.map((column) => column.map((y) => (typeof y === "number" && y <= 0 ? null : y)))];
}
