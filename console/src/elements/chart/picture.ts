/** A chart's picture: bands, areas, lines and points within its axes. */
import type { Chart } from "../../protocol/deck.gen";
import { axes, drawAxes, horizontal, vertical, type Axes } from "../../plotting/axes";
import { logRange, plainRange, roomyRange } from "../../plotting/axis";
import { drawPoints, fillBetween, fillRuns, runsOf, strokeRuns } from "../../plotting/lines";
import { lowerBound, type Extremes } from "../../plotting/numbers";
import type { Pen } from "../../plotting/pen";
import { Scale, type Field, type Range } from "../../plotting/scale";
import { colourOf, dashOf, type Theme } from "../../plotting/theme";
import { upperBound, type Trace } from "../../plotting/trace";

/** Points in sight up to which each has a mark. */
const FEW_POINTS = 40;
const MINUTE = 60;
const BEHIND = 0.22; // raw data behind a smoothed line
const AREA = 0.18;
const BAND = 0.16;

/** A line and its band, either of which may be missing. */
export interface Drawn {
  readonly name: string;
  readonly index: number;
  readonly line: Trace | null;
  readonly band: Trace | null;
}

export interface PictureOf {
  readonly chart: Chart;
  readonly drawn: readonly Drawn[];
  readonly x: Scale;
  readonly y: Scale;
  readonly smoothing: number;
  /** Times on x are counted from this one. */
  readonly origin: number | null;
  /** What is said of the time zone of x; null for numbers. */
  readonly zone: string | null;
  readonly whole: boolean;
  /** Room at the right, for the names of lines. */
  readonly right: number;
}

export function rangeX(low: number, high: number, log: boolean, zone: string | null): Scale {
  if (log) return low === high ? new Scale(...logRange(low, high), true) : new Scale(low, Math.max(high, low * (1 + 1e-12)), true);
  return new Scale(...plainRange(low, high, zone === null ? 1 : MINUTE));
}

/** The range that shows values from `low` to `high`; null: there are none. */
export function fittingY(found: readonly [number, number] | null, log: boolean, fromZero: boolean): Range {
  if (found === null) return log ? { low: 0.1, high: 1 } : { low: 0, high: 1 };
  const [least, greatest] = fromZero && !log ? [Math.min(0, found[0]), Math.max(0, found[1])] : found;
  const [low, high] = log ? logRange(least, greatest) : roomyRange(least, greatest);
  return { low, high };
}

/** Draw it; what it drew within. */
export function drawChart(pen: Pen, width: number, height: number, theme: Theme, of: PictureOf): Axes {
  const { chart, x, y, zone } = of;
  const made = axes(pen, width, height, x, y, theme, {
    xLabel: chart.x_label ?? "",
    yLabel: chart.y_label ?? "",
    across: horizontal(x, zone, of.whole, of.origin),
    upwards: vertical(y),
    right: of.right,
  });
  drawAxes(pen, made, theme);
  const { field } = made;
  pen.save();
  pen.beginPath();
  pen.rect(field.left - 2, field.top - 4, field.width + 4, field.height + 8);
  pen.clip();
  for (const each of of.drawn) drawBand(pen, each, field, theme);
  for (const each of of.drawn) drawLine(pen, each, made, theme, of);
  pen.restore();
  return made;
}

function drawBand(pen: Pen, { band, index }: Drawn, field: Field, theme: Theme): void {
  if (!band) return;
  const { columns } = band;
  pen.fillStyle = colourOf(theme, index);
  pen.globalAlpha = BAND;
  for (let outer = 0; outer < columns.length >> 1; outer++) {
    const [low, high] = [columns[outer], columns[columns.length - 1 - outer]];
    if (low && high) fillBetween(pen, band, low, high, field);
  }
  pen.globalAlpha = 1;
}

function drawLine(pen: Pen, { line, index }: Drawn, { field }: Axes, theme: Theme, { chart, smoothing }: PictureOf): void {
  const values = line?.columns[0];
  if (!line || !values) return;
  const mark = chart.mark ?? "line";
  pen.strokeStyle = pen.fillStyle = colourOf(theme, index);
  pen.lineWidth = 1.75;
  pen.lineCap = pen.lineJoin = "round";
  if (mark === "scatter") {
    pen.globalAlpha = values.length > 200 ? 0.7 : 0.85;
    drawPoints(pen, line, values, field);
    pen.globalAlpha = 1;
    return;
  }
  const smoothed = line.smoothed(smoothing);
  const runs = runsOf(line, values, field, mark === "step");
  if (mark === "area") {
    pen.globalAlpha = AREA;
    fillRuns(pen, runs, baseOf(field));
    pen.globalAlpha = 1;
  }
  pen.setLineDash(dashOf(index));
  if (smoothed) pen.globalAlpha = BEHIND;
  strokeRuns(pen, runs);
  pen.globalAlpha = 1;
  if (smoothed) strokeRuns(pen, runsOf(line, smoothed, field));
  pen.setLineDash([]);
  if (!smoothed) drawMarks(pen, line, values, field);
}

/** A mark on each point, where there are few in sight. */
function drawMarks(pen: Pen, { x, ascends }: Trace, values: Extremes, field: Field): void {
  const from = ascends ? lowerBound(x, field.x.low) : 0;
  const to = ascends ? upperBound(x, field.x.high) : x.length;
  if (to - from > FEW_POINTS) return;
  pen.beginPath();
  for (let index = from; index < to; index++) {
    const value = values.at(index);
    if (Number.isNaN(value)) continue;
    const [left, top] = [field.across(x.at(index)), field.upwards(value)];
    pen.moveTo(left + 2.5, top);
    pen.arc(left, top, 2.5, 0, 2 * Math.PI);
  }
  pen.fill();
}

/** Where an area ends: at zero, or at the end of the picture nearest to it. */
function baseOf(field: Field): number {
  if (field.y.log || field.y.low > 0) return field.top + field.height;
  return field.y.high < 0 ? field.top : field.upwards(0);
}
