/** How uPlot is told to draw a chart in the Deck's colours. */
import uPlot from "uplot";
import type { Chart } from "../../protocol/deck.gen";
import { formatNumber } from "../numbers";

export const COLOURS = 8;
const HEIGHT = 260;
const FEW_POINTS = 40;

export interface ChartEvents {
  /** The viewer dragged out a range of x. */
  zoomed(min: number, max: number): void;
  /** The cursor moved; the legend shows the values there. */
  cursor(plot: uPlot): void;
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
    scales: { x: { time: false }, y: chart.log_y ? { distr: 3 } : { range: roomyRange } },
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
  const values = (_plot: uPlot, splits: number[]) => splits.map((value) => tick(value, logarithmic));
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

/** On a logarithmic axis only the powers of ten are named. */
function tick(value: number | null, logarithmic: boolean): string {
  if (value === null) return "";
  if (logarithmic && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) > 1e-9) return "";
  return formatNumber(value);
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
