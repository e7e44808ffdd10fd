/** How uPlot is told to draw a chart in the Deck's colours. */
import uPlot from "uplot";
import type { Chart } from "../../protocol/deck.gen";
import { formatNumber } from "../numbers";

export const COLOURS = 8;
const HEIGHT = 260;
const FEW_POINTS = 40;
const SOME_POINTS = 1000;
const WHOLE_STEPS = Array.from({ length: 45 }, (_, index) => ([1, 2, 5][index % 3] ?? 1) * 10 ** Math.floor(index / 3));
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
/** uPlot's `Scale.Distr.Logarithmic`: a const enum, which has no value at run time. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const LOGARITHMIC = 3 as uPlot.Scale.Distr;

export interface ChartEvents {
  /** The viewer dragged out a range of x. */
  readonly zoomed: (min: number, max: number) => void;
  /** The cursor moved; the legend shows the values there. */
  readonly cursor: (plot: uPlot) => void;
}

export function seriesColour(index: number): string {
  return token(`--ld-series-${index % COLOURS}`);
}

export function chartOptions(chart: Chart, width: number, hidden: ReadonlySet<string>, events: ChartEvents): uPlot.Options {
  const selected = (plot: uPlot) => {
    const { left, width: chosen } = plot.select;
    if (chosen > 0) events.zoomed(plot.posToVal(left, "x"), plot.posToVal(left + chosen, "x"));
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    // Double-click is ours: it also forgets the zoom that updates would otherwise keep.
    cursor: { drag: { x: true, y: false, dist: 4 }, bind: { dblclick: () => null }, points: { size: 7 } },
    padding: [8, 22, 0, 0],
    scales: { x: { time: false }, y: chart.log_y ? { distr: LOGARITHMIC, range: logRange } : { range: roomyRange } },
    axes: [{ ...axis(chart.x_label ?? "", 26), ...(hasWholeX(chart) && { incrs: WHOLE_STEPS }) }, axis(chart.y_label ?? "", 48, chart.log_y)],
    series: [{}, ...(chart.series ?? []).map((one, index) => line(one.name, index, !hidden.has(one.name)))],
    hooks: { setSelect: [selected], setCursor: [events.cursor] },
  };
}

/** A tenth of room above and below, and a band around a constant. */
function roomyRange(_plot: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [0, 1];
  if (min === max) return [min - (Math.abs(min) * 0.1 || 1), max + (Math.abs(max) * 0.1 || 1)];
  return uPlot.rangeNum(min, max, 0.1, true);
}

/** Room above and below in ratios; without any positive value a decade to draw on. */
function logRange(_plot: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null || min <= 0) return [0.1, 1];
  const room = Math.max(1.1, (max / min) ** 0.04);
  return [oneDigit(min / room, Math.floor), oneDigit(max * room, Math.ceil)];
}

/** The nearest value with one digit: the marks of a logarithmic axis are counted from its ends. */
function oneDigit(value: number, round: (value: number) => number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return round(Number((value / magnitude).toPrecision(12))) * magnitude;
}

function line(label: string, index: number, show: boolean): uPlot.Series {
  return {
    label,
    show,
    stroke: () => seriesColour(index),
    width: 1.75,
    // Whole pixels would turn a gentle curve into stairs.
    pxAlign: 0,
    points: {
      size: 5,
      fill: () => seriesColour(index),
      show: (_plot, _series, first, last) => last - first <= FEW_POINTS,
    },
  };
}

function axis(label: string, size: number, logarithmic = false): uPlot.Axis {
  const font = `11px ${token("--ld-font")}`;
  const named = label ? { label, labelFont: font, labelSize: 16, labelGap: 0 } : {};
  const values = (_plot: uPlot, splits: (number | null)[]) =>
    logarithmic ? logarithmicTicks(splits) : linearTicks(splits);
  return {
    ...named,
    size,
    font,
    values,
    stroke: () => token("--ld-text-faint"),
    grid: { stroke: () => token("--ld-line"), width: 1 },
    ticks: { show: false },
  };
}

/** Epochs and steps are whole: no mark at 2.5. */
function hasWholeX({ series = [] }: Chart): boolean {
  return series.every(({ x }) => x.slice(0, SOME_POINTS).every((value) => value === null || Number.isInteger(value)));
}

/** Short where that tells the marks apart ("50K"), else in full. */
function linearTicks(splits: readonly (number | null)[]): string[] {
  const labels = (format: (value: number) => string) => splits.map((value) => (value === null ? "" : format(value)));
  const short = labels(compact);
  return new Set(short).size === short.length ? short : labels(formatNumber);
}

/** On a logarithmic axis the powers of ten are named, and 2 and 5 between them while there are few. */
function logarithmicTicks(splits: readonly (number | null)[]): string[] {
  const digits = splits.map((value) => (value === null ? NaN : Number(value.toExponential(3).split("e")[0])));
  const named = digits.filter((digit) => digit === 1).length > 2 ? [1] : [1, 2, 5];
  return splits.map((value, index) => (value !== null && named.includes(digits[index] ?? NaN) ? compact(value) : ""));
}

function compact(value: number): string {
  return Math.abs(value) >= 10_000 ? COMPACT.format(value) : formatNumber(value);
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
