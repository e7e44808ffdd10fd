/** Where the cursor is on a chart: its x in a small label on the axis, under the line that uPlot draws. */
import type uPlot from "uplot";
import { formatNumber, formatMoment } from "../../core/numerals";
import { setText } from "../dom";

export class ChartCursor {
  readonly node = document.createElement("div");

  constructor() {
    this.node.className = "ld-cursor";
    this.node.hidden = true;
  }

  /** `zone`: for times on x, what is said of their time zone; null for numbers. */
  show(plot: uPlot, label: string, zone: string | null): void {
    const { idx, left = -1 } = plot.cursor;
    const x = idx === null || idx === undefined || left < 0 ? undefined : plot.data[0][idx];
    this.node.hidden = x === undefined;
    if (x === undefined) return;
    const text = zone === null ? formatNumber(x) : formatMoment(x, zone);
    setText(this.node, label === "" ? text : `${label} ${text}`);
    const half = this.node.offsetWidth / 2;
    const place = Math.min(Math.max(plot.valToPos(x, "x"), half), Math.max(half, plot.over.clientWidth - half));
    this.node.style.left = `${place}px`;
  }
}
