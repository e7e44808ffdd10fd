/**
 * The axes of a chart: grid, ticks and names, drawn beneath uPlot's lines. uPlot's own axes are off: theirs loop over
 * ranges that a step no longer changes, and write neighbouring ticks alike.
 */
import type uPlot from "uplot";
import { across, logTicks, logRange, numberTicks, plainRange, roomyRange, type Ticks, type Range } from "./axis";

export interface AxesOf {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY: boolean;
  /** For times on x, what is said of their time zone; null for numbers. */
  readonly zone: string | null;
}

export interface AxisColours {
  readonly font: string;
  readonly text: string;
  readonly line: string;
}

const NONE: Ticks = { positions: [], labels: [], base: "" };
const SIZE = 11;
const ROW = 15; // of words below or above the plot
const BELOW = 24; // the ticks of the x axis
const GAP = 8; // from ticks to plot
const APART = 4; // from the words beside the y axis to its ticks
const MARGIN = 14; // at the right
const MARK_HEIGHT = 32;
const MINUTE = 60;

export class ChartAxes {
  private x = NONE;
  private y = NONE;
  /** What the ticks were made for. */
  private marked = "";
  /** All x are whole: steps or epochs, with no tick between two of them. */
  wholeX = false;

  constructor(
    private readonly of: AxesOf,
    private readonly colours: AxisColours,
  ) {}

  /** The least difference of y that the axis tells apart. */
  get resolution(): number {
    const [first = 0, second = first] = this.y.positions;
    return this.of.logY ? 0 : second - first;
  }

  rangeX = (plot: uPlot, low: number | null, high: number | null): Range => {
    const xs = plot.data[0];
    const only = xs.length === 1 ? xs[0] : undefined;
    const around = this.of.zone === null ? 1 : MINUTE;
    return plainRange(only ?? low ?? 0, only ?? high ?? 1, around);
  };

  rangeY = (low: number | null, high: number | null): Range => {
    if (this.of.logY) return low === null || high === null || low <= 0 ? [0.1, 1] : logRange(low, high);
    return low === null || high === null ? [0, 1] : roomyRange(low, high);
  };

  /** How much room the axes take around the plot; uPlot asks again until the answers agree. */
  get padding(): uPlot.Padding {
    const top = (plot: uPlot) => {
      this.setTicks(plot);
      return this.y.base === "" ? SIZE : ROW + SIZE / 2;
    };
    const bottom = () => BELOW + (this.of.xLabel === "" && this.x.base === "" ? 0 : ROW);
    const left = (plot: uPlot) => {
      const widest = Math.max(0, ...this.y.labels.map((label) => this.widthOf(plot, label)));
      const upwards = Math.ceil(widest) + GAP + (this.of.yLabel === "" ? 0 : ROW + APART);
      return Math.max(upwards, this.overhang(plot, 0));
    };
    const right = (plot: uPlot) => Math.max(MARGIN, this.overhang(plot, -1));
    return [top, right, bottom, left];
  }

  /** How far the first or last tick of the x axis may stand out, when it is near the end of the axis. */
  private overhang(plot: uPlot, which: 0 | -1): number {
    const { x } = plot.scales;
    const position = this.x.positions.at(which);
    if (position === undefined || !isSet(x)) return 0;
    const share = (position / 4 - x.min / 4) / (x.max / 4 - x.min / 4);
    const distance = which === 0 ? share : 1 - share;
    return distance < 0.1 ? Math.ceil(this.widthOf(plot, this.x.labels.at(which) ?? "") / 2) : 0;
  }

  /** In pixels: digits are of different width from one machine's face to the next. */
  private widthOf({ ctx }: uPlot, label: string): number {
    const before = ctx.font;
    ctx.font = this.font; // a canvas that is given a size anew forgets its font, so it is set each time
    const { width } = ctx.measureText(label);
    ctx.font = before;
    return width;
  }

  private get font(): string {
    return `${SIZE}px ${this.colours.font}`;
  }

  draw = (plot: uPlot): void => {
    this.setTicks(plot);
    const { ctx } = plot;
    const ratio = ctx.canvas.width / plot.width;
    const [left, top, width, height] = [plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height].map(
      (length) => length / ratio,
    ) as [number, number, number, number];
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.font = this.font;
    ctx.fillStyle = this.colours.text;
    ctx.strokeStyle = this.colours.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    this.y.positions.forEach((position, index) => {
      const y = snapped(plot.valToPos(position, "y") + top);
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.fillText(this.y.labels[index] ?? "", left - GAP, y);
    });
    ctx.textAlign = "center";
    this.x.positions.forEach((position, index) => {
      const x = snapped(plot.valToPos(position, "x") + left);
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.fillText(this.x.labels[index] ?? "", x, top + height + BELOW / 2 + 2);
    });
    ctx.stroke();
    const below = top + height + BELOW + ROW / 2 - 2;
    ctx.fillText(this.of.xLabel, left + width / 2, below);
    ctx.textAlign = "right";
    ctx.fillText(this.x.base, left + width, below);
    ctx.textAlign = "left";
    ctx.fillText(this.y.base, ROW / 2, ROW / 2);
    ctx.textAlign = "center";
    ctx.translate(ROW / 2, top + height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText(this.of.yLabel, 0, 0);
    ctx.restore();
  };

  private setTicks(plot: uPlot): void {
    const { x, y } = plot.scales;
    const ratio = plot.ctx.canvas.width / plot.width;
    const width = plot.bbox.width / ratio;
    const most = Math.floor((plot.height - BELOW - ROW) / MARK_HEIGHT);
    const drawn = isSet(x) && plot.data[0].length > 0; // there is no data while uPlot is being made
    const key = [drawn, this.wholeX, x?.min, x?.max, width, y?.min, y?.max, most].join();
    if (key === this.marked) return;
    this.marked = key;
    this.x = drawn && isSet(x) ? across(x.min, x.max, width, { whole: this.wholeX, zone: this.of.zone }) : NONE;
    this.y = drawn && isSet(y) ? (this.of.logY ? logTicks : numberTicks)(y.min, y.max, most) : NONE;
  }
}

function isSet(scale: uPlot.Scale | undefined): scale is uPlot.Scale & { min: number; max: number } {
  return typeof scale?.min === "number" && typeof scale.max === "number" && scale.min < scale.max;
}

/** In the middle of a pixel, so that a line of one pixel is one. */
function snapped(position: number): number {
  return Math.floor(position) + 0.5;
}
