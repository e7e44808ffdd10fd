/**
 * A line chart on a canvas (uPlot). Points come in at any rate; drawing happens once a frame, only while the chart
 * is on screen. A zoom chosen by the viewer stays while points arrive; without one the axes follow the data.
 */
import uPlot from "uplot";
import type { Chart } from "../../protocol/deck.gen";
import { formatNumber } from "../numbers";
import { chartOptions } from "./chartOptions";
import { ChartLegend } from "./chartLegend";
import { child, elementNode, setText, type ElementView } from "./element";
import { Pace } from "./pace";
import { SeriesTable, type Columns } from "./series";

export class ChartView implements ElementView<Chart> {
  readonly kind = "chart";
  readonly node = elementNode("chart");
  private readonly head = child(this.node, "div", "ld-chart-head");
  private readonly title = child(this.head, "h3", "ld-chart-title");
  private readonly reset = child(this.head, "button", "ld-chart-reset");
  private readonly body = child(this.node, "div", "ld-plot");
  private readonly legend = new ChartLegend(this.node, (index, show) => this.plot?.setSeries(index + 1, { show }));
  private readonly resizes = new ResizeObserver(() => this.pace.nextFrame());
  private chart: Chart | null = null;
  private plot: uPlot | null = null;
  private drawn: Chart | null = null;
  private zoom: { min: number; max: number } | null = null;
  private readonly table = new SeriesTable();
  private readonly pace = new Pace(() => this.draw());

  constructor() {
    this.reset.textContent = "Reset zoom";
    this.reset.setAttribute("type", "button");
    this.reset.hidden = true;
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
    if (!this.plot || this.drawn === null || !sameShape(this.drawn, chart)) this.build(chart, columns, width);
    else if (this.drawn !== chart) this.feed(this.plot, columns);
    if (this.plot && this.plot.width !== width) this.plot.setSize({ width, height: this.plot.height });
    this.drawn = chart;
  }

  private build(chart: Chart, columns: Columns, width: number): void {
    const hidden = this.legend.hidden();
    this.discard();
    this.legend.show(chart.series ?? [], hidden);
    const options = chartOptions(chart, width, hidden, {
      zoomed: (min, max) => this.zoomed(min, max),
      cursor: (plot) => this.legend.values(plot),
    });
    this.plot = new uPlot(options, columns, this.body);
    this.plot.over.addEventListener("dblclick", () => this.unzoom());
    if (this.zoom) this.plot.setScale("x", this.zoom);
    this.legend.values(this.plot);
  }

  private feed(plot: uPlot, columns: Columns): void {
    const { zoom } = this;
    plot.batch(() => {
      plot.setData(columns, zoom === null);
      // Setting the data alone would leave the y axis as it was; naming the same x range fits y to the new points.
      if (zoom) plot.setScale("x", zoom);
    });
    this.legend.values(plot);
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
  return JSON.stringify([names, chart.x_label, chart.y_label, chart.log_y, (chart.series?.[0]?.x.length ?? 0) > 0]);
}

function describe({ title, series = [] }: Chart): string {
  if (series.length === 0) return `${title}: no points yet`;
  const last = (y: readonly (number | null)[]) => y.findLast((value) => value !== null) ?? null;
  const words = series.map(({ name, y }) => {
    const value = last(y);
    return value === null ? `${name}: no points yet` : `${name}: ${y.length} points, last ${formatNumber(value)}`;
  });
  return `${title}. ${words.join("; ")}`;
}
