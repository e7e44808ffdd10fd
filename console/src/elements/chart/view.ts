/**
 * A line chart on a canvas (uPlot). Points come in at any rate; drawing happens once a frame, only while the chart
 * is on screen. A zoom chosen by the viewer stays while points arrive; without one the axes follow the data.
 */
import uPlot from "uplot";
import type { Chart, Series } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";
import type { ChartAxes } from "./axes";
import { chartAxes, chartOptions } from "./options";
import { ChartCursor } from "./cursor";
import { ChartLegend } from "./legend";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Pace } from "../pace";
import { restartsOf } from "./returningLine";
import { SeriesTable, type Columns } from "./series";

export class ChartView implements ElementView<Chart> {
  readonly kind = "chart";
  readonly node = elementNode("chart");
  private readonly head = child(this.node, "div", "ld-chart-head");
  private readonly title = child(this.head, "h3", "ld-chart-title");
  private readonly reset = child(this.head, "button", "ld-small-button ld-chart-reset");
  private readonly body = child(this.node, "div", "ld-plot");
  private readonly legend = new ChartLegend(this.node, (index, show) => this.plot?.setSeries(index + 1, { show }));
  private readonly empty = child(this.body, "div", "ld-plot-empty");
  private readonly notes = child(this.node, "ul", "ld-chart-notes");
  private readonly resizes = new ResizeObserver(() => this.pace.nextFrame());
  private chart: Chart | null = null;
  private plot: uPlot | null = null;
  private axes: ChartAxes | null = null;
  private readonly cursor = new ChartCursor();
  private drawn: Chart | null = null;
  private zoom: { min: number; max: number } | null = null;
  private readonly table = new SeriesTable();
  private readonly pace = new Pace(() => this.draw());

  constructor() {
    this.reset.textContent = "Reset zoom";
    this.reset.setAttribute("type", "button");
    this.reset.hidden = this.notes.hidden = true;
    this.reset.addEventListener("click", () => this.unzoom());
    this.resizes.observe(this.body);
    this.body.setAttribute("role", "img");
  }

  update(next: Chart): void {
    this.chart = next;
    setText(this.title, next.title);
    this.body.setAttribute("aria-label", describe(next));
    this.pace.nextFrame();
  }

  rethemed(): void {
    this.discard();
    this.pace.nextFrame();
  }

  destroy(): void {
    this.resizes.disconnect();
    this.pace.stop();
    this.discard();
  }

  /** Bring the canvas up to the latest state; while it has no width (a hidden tab) there is nothing to draw on. */
  private draw(): void {
    const { chart } = this;
    const width = this.body.clientWidth;
    if (!chart || width === 0) return;
    const columns = this.table.update(chart.series ?? [], chart.log_y ?? false);
    this.empty.hidden = columns[0].length > 0;
    setText(this.empty, chart.notes ? "No points" : "No points yet");
    this.tell(chart);
    if (!this.plot || this.drawn === null || !sameShape(this.drawn, chart)) this.build(chart, columns, width);
    else if (this.drawn !== chart) this.feed(this.plot, columns);
    if (this.plot && this.plot.width !== width) this.plot.setSize({ width, height: this.plot.height });
    this.drawn = chart;
  }

  private build(chart: Chart, columns: Columns, width: number): void {
    const hidden = this.legend.hidden();
    this.discard();
    this.legend.show(chart.series ?? [], hidden);
    this.axes = chartAxes(chart);
    this.axes.wholeX = this.table.isWhole;
    const options = chartOptions(chart, this.axes, width, hidden, {
      returning: (index) => (this.table.returns.has(index) ? (this.chart?.series?.[index] ?? null) : null),
      zoom: () => this.zoom,
      zoomed: (min, max) => this.zoomed(min, max),
      cursor: (plot) => this.read(plot),
    });
    this.plot = new uPlot(options, columns, this.body);
    this.plot.over.append(this.cursor.node);
    this.plot.over.addEventListener("dblclick", () => this.unzoom());
    if (this.zoom) this.plot.setScale("x", this.zoom);
    this.read(this.plot);
  }

  /** Say what is under the cursor, or what came last. */
  private read(plot: uPlot): void {
    this.legend.values(plot, this.axes?.resolution ?? 0);
    this.cursor.show(plot, this.chart?.x_label ?? "", this.chart?.zone ?? null);
  }

  private feed(plot: uPlot, columns: Columns): void {
    const { zoom } = this;
    if (this.axes) this.axes.wholeX = this.table.isWhole;
    plot.batch(() => {
      plot.setData(columns, zoom === null);
      // Setting the data alone would leave the y axis as it was; naming the same x range fits y to the new points.
      if (zoom) plot.setScale("x", zoom);
    });
    this.read(plot);
  }

  /** Say below the chart what it does not show as it came. */
  private tell(chart: Chart): void {
    const notes = chartNotes(chart, [...this.table.returns].flatMap((index) => chart.series?.[index] ?? []));
    const [shown, next] = [[...this.notes.children].map((node) => node.textContent), notes];
    if (shown.length === next.length && shown.every((words, index) => words === next[index])) return;
    this.notes.replaceChildren();
    for (const words of notes) child(this.notes, "li", "").textContent = words;
    this.notes.hidden = notes.length === 0;
  }

  private zoomed(min: number, max: number): void {
    this.zoom = { min, max };
    this.reset.hidden = false;
  }

  private unzoom(): void {
    this.zoom = null;
    this.reset.hidden = true;
    this.plot?.setData(this.plot.data, true);
  }

  private discard(): void {
    this.plot?.destroy();
    this.plot = null;
    this.drawn = null;
  }
}

/** Whether two states of a chart differ in their points only, so that the plot made for one can show the other. */
function sameShape(before: Chart, after: Chart): boolean {
  return shape(before) === shape(after);
}

function shape(chart: Chart): string {
  const names = (chart.series ?? []).map((one) => one.name);
  return JSON.stringify([names, chart.x_label, chart.y_label, chart.log_y, chart.zone]);
}

/** The same words as `chart_notes` in `livedeck/deck/plot.py`. */
function chartNotes({ notes = {}, log_y = false, series = [] }: Chart, returning: readonly Series[]): string[] {
  const points = (count: number) => `${formatNumber(count)} ${count === 1 ? "point" : "points"}`;
  const lost = Object.entries(notes).map(([words, count]) => `${words} (${points(count)})`);
  const below = log_y ? series.reduce((sum, { y }) => sum + y.filter((value) => value !== null && value <= 0).length, 0) : 0;
  if (below > 0) lost.push(`not above zero, for which a logarithmic axis has no place (${points(below)})`);
  for (const one of returning) {
    const restarts = restartsOf(one);
    if (restarts > 0) lost.push(`x of ${one.name} starts again ${restarts === 1 ? "once" : `${formatNumber(restarts)} times`}; each pass is a line of its own`);
  }
  return lost;
}

function describe({ title, series = [] }: Chart): string {
  if (series.length === 0) return `${title}: no points yet`;
  const last = (y: readonly (number | null)[]) => y.findLast((value) => value !== null) ?? null;
  const words = series.map(({ name, y }) => {
    const value = last(y);
    return value === null ? `${name}: no points yet` : `${name}: ${formatNumber(y.length)} points, last ${formatNumber(value)}`;
  });
  return `${title}. ${words.join("; ")}`;
}

export const viewing: Viewing<Chart> = { View: ChartView };
