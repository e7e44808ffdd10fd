/** How uPlot is told to draw a chart in the Deck's colours. */
import uPlot from "uplot";
import type { Chart } from "../../protocol/deck.gen";
import { formatNumber } from "../numbers";

export const COLOURS = 8;
const HEIGHT = 260;
const FEW_POINTS = 40;
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
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: chart.log_y ? { distr: LOGARITHMIC, range: logRange } : { range: roomyRange } },
    axes: [axis(chart.x_label ?? "", 26), axis(chart.y_label ?? "", 48, chart.log_y)],
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
  const room = Math.max(1.1, (max / min) ** 0.06);
  return [min / room, max * room];
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
    logarithmic ? logarithmicTicks(splits) : splits.map((value) => (value === null ? "" : formatNumber(value)));
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

/** On a logarithmic axis the powers of ten are named, and 2 and 5 between them while there are few. */
function logarithmicTicks(splits: readonly (number | null)[]): string[] {
  const leading = (value: number) => Number(value.toExponential(0).charAt(0));
  const decades = splits.filter((value) => value !== null && leading(value) === 1).length;
  const named = decades > 2 ? [1] : [1, 2, 5];
  return splits.map((value) => (value !== null && named.includes(leading(value)) ? formatNumber(value) : ""));
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
