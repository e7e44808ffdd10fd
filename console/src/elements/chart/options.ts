/** How uPlot is told to draw a chart in the Deck's colours. */
import uPlot from "uplot";
import type { Chart, Series } from "../../protocol/deck.gen";
import { ChartAxes, type AxesOf } from "./axes";
import { extremesOf, returningPath } from "./returningLine";

export const COLOURS = 8;
export const HEIGHT = 184;
const FEW_POINTS = 40;
/** uPlot's `Scale.Distr.Custom`: a const enum, which has no value at run time. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const CUSTOM = 100 as uPlot.Scale.Distr;
/** A quarter, so that the difference of the two largest numbers there are is a number. */
const LINEAR = { fwd: (value: number) => value / 4, bwd: (value: number) => value * 4 };
const LOGARITHMIC = { fwd: Math.log10, bwd: (value: number) => 10 ** value };
/** From the ninth series on the colours come again, dashed. */
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3]];

export function isDashed(index: number): boolean {
  return dashOf(index).length > 0;
}

function dashOf(index: number): readonly number[] {
  return DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? [];
}

/** What uPlot asks of the chart around it. */
export interface ChartSource {
  /** A series that comes to an x again and is drawn as it came; null for those that uPlot draws. */
  readonly returning: (index: number) => Series | null;
  /** The viewer dragged out a range of x. */
  readonly zoomed: (min: number, max: number) => void;
  /** The range of x that the viewer has chosen. */
  readonly zoom: () => { readonly min: number; readonly max: number } | null;
  /** The cursor moved; the legend shows the values there. */
  readonly cursor: (plot: uPlot) => void;
}

const linear = uPlot.paths.linear?.();

export function chartOptions(
  chart: Chart,
  axes: ChartAxes,
  width: number,
  hidden: ReadonlySet<string>,
  source: ChartSource,
): uPlot.Options {
  const selected = (plot: uPlot) => {
    const { left, width: chosen } = plot.select;
    if (chosen > 0) source.zoomed(plot.posToVal(left, "x"), plot.posToVal(left + chosen, "x"));
  };
  const logY = chart.log_y ?? false;
  const rangeY = (plot: uPlot, low: number | null, high: number | null) => {
    const { min = -Infinity, max = Infinity } = source.zoom() ?? {};
    let [least, most] = [low ?? Infinity, high ?? -Infinity];
    plot.series.slice(1).forEach(({ show }, index) => {
      const series = show ? source.returning(index) : null;
      const found = series && extremesOf(series, min, max, logY);
      if (found) [least, most] = [Math.min(least, found[0]), Math.max(most, found[1])];
    });
    return least <= most ? axes.rangeY(least, most) : axes.rangeY(null, null);
  };
  const paths: uPlot.Series.PathBuilder = (plot, index, first, last) => {
    const series = source.returning(index - 1);
    return series ? returningPath(plot, series, logY) : (linear?.(plot, index, first, last) ?? null);
  };
  const names = (chart.series ?? []).map(({ name }) => name);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    // Double-click is ours: it also forgets the zoom that updates would otherwise keep.
    cursor: { drag: { x: true, y: false, dist: 4 }, bind: { dblclick: () => null }, points: { size: 7 } },
    padding: axes.padding,
    scales: {
      x: { time: false, distr: CUSTOM, ...LINEAR, range: axes.rangeX },
      y: { distr: CUSTOM, ...(chart.log_y ? LOGARITHMIC : LINEAR), range: rangeY },
    },
    axes: [{ show: false }, { show: false }],
    series: [{}, ...names.map((name, index) => line(name, index, !hidden.has(name), paths, source))],
    hooks: { setSelect: [selected], setCursor: [source.cursor], drawClear: [axes.draw] },
  };
}

export function chartAxes(chart: Chart): ChartAxes {
  const of: AxesOf = {
    xLabel: chart.x_label ?? "",
    yLabel: chart.y_label ?? "",
    logY: chart.log_y ?? false,
    zone: chart.zone ?? null,
  };
  return new ChartAxes(of, { font: token("--ld-font"), text: token("--ld-text-faint"), line: token("--ld-line") });
}

function line(
  label: string,
  index: number,
  show: boolean,
  paths: uPlot.Series.PathBuilder,
  source: ChartSource,
): uPlot.Series {
  const colour = token(`--ld-series-${index % COLOURS}`);
  return {
    label,
    show,
    paths,
    stroke: colour,
    width: 1.75,
    dash: [...dashOf(index)],
    // Whole pixels would turn a gentle curve into stairs.
    pxAlign: 0,
    points: {
      size: 5,
      fill: colour,
      show: (_plot, _series, first, last) => last - first <= FEW_POINTS && source.returning(index) === null,
    },
  };
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
