/**
 * A chart on a canvas. Points come in at any rate; drawing happens once a frame, only while the chart is on screen, and
 * costs what the picture is wide, not what the chart holds. A zoom chosen by the viewer stays while points arrive, and
 * holds for all charts of the same x; without one the axes follow the data.
 */
import type { Chart } from "../../protocol/deck.gen";
import { wholly, type Exact } from "../../core/digits";
import { formatDuration, formatMoment, formatNumber } from "../../core/numerals";
import type { Axes } from "../../plotting/axes";
import { ChartCard } from "../../plotting/card";
import { EasedRange } from "../../plotting/easing";
import type { Plot } from "../../plotting/figure";
import { AT_ENDS, Legend, type Entry } from "../../plotting/legend";
import type { Range, Scale } from "../../plotting/scale";
import { sharedX, type Follower, type SharedX } from "../../plotting/shared";
import { colourOf, themeOf, type Theme } from "../../plotting/theme";
import { Trace, upperBound } from "../../plotting/trace";
import { ChartCursor } from "./cursor";
import { elementNode } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { lineageOf } from "../lineage";
import { Pace } from "../pace";
import { ChartOptions } from "./options";
import { drawChart, fittingY, rangeX, type Drawn, type PictureOf } from "./picture";
import { pointing } from "./pointing";
import { rowsOf } from "./rows";
import { describe, notesOf } from "./words";

const NOWHERE = { left: 0, top: 0, width: 0, height: 0 };
/** Pixels from which on the names of lines stand at their ends. */
const WIDE = 420;
/** Pixels that a letter of a name takes at the end of a line, about. */
const LETTER = 6.6;

export class ChartView implements ElementView<Chart>, Follower {
  readonly kind = "chart";
  readonly node = elementNode("chart");
  private readonly card = new ChartCard(this.node, {
    redraw: () => this.pace.nextFrame(),
    rows: () => (this.chart ? rowsOf(this.chart) : []),
    plot: () => this.plot(),
  });
  private readonly options = new ChartOptions(this.card.menu, () => this.rearranged());
  private readonly legend = new Legend(this.card.legend, () => this.rearranged());
  private readonly cursor = new ChartCursor(this.card.plot.over);
  private readonly eased = new EasedRange(() => this.pace.nextFrame());
  private readonly pace = new Pace(() => this.draw());
  private readonly traces = new Map<string, Trace>();
  private chart: Chart | null = null;
  private drawn: readonly Drawn[] = [];
  private theme: Theme | null = null;
  private axes: Axes | null = null;
  private picture: PictureOf | null = null;
  private shared: SharedX | null = null;

  constructor() {
    const { over } = this.card.plot;
    over.tabIndex = 0;
    over.setAttribute("role", "slider");
    this.card.reset.addEventListener("click", () => this.shared?.setZoom(null));
    pointing(over, {
      scale: () => this.axes?.field.x ?? null,
      at: () => this.share(this.shared?.cursor ?? null),
      moved: (share) => this.shared?.setCursor(share === null ? null : this.nearestX(share)),
      zoomed: (range) => this.shared?.setZoom(range),
      stepped: (by) => this.step(by),
    });
  }

  update(next: Chart): void {
    this.chart = next;
    this.card.name(next.title);
    this.card.plot.describe(describe(next));
    const { over } = this.card.plot;
    over.setAttribute("aria-label", `Cursor of ${next.title}`);
    this.join(next);
    this.pace.nextFrame();
  }

  rethemed(): void {
    this.theme = null;
    this.pace.nextFrame();
  }

  destroy(): void {
    this.shared?.remove(this);
    this.pace.stop();
    this.legend.destroy();
    this.card.destroy();
  }

  /** The least and greatest x of the lines that are shown, or of all where none is. */
  get range(): Range | null {
    const shown = this.visible;
    const found = (shown.length > 0 ? shown : this.drawn).flatMap(({ line, band }) => [line?.range() ?? [], band?.range() ?? []].flat());
    return found.length === 0 ? null : { low: Math.min(...found), high: Math.max(...found) };
  }

  zoomed(): void {
    this.eased.reset();
    this.pace.nextFrame();
  }

  pointed(): void {
    this.read();
  }

  private rearranged(): void {
    this.eased.reset();
    this.pace.nextFrame();
  }

  /** Charts of the same x are zoomed together. */
  private join({ x_label = "", zone = null }: Chart): void {
    const counted = this.options.counting === "order" ? "#" : zone === null ? "" : `@${encodeURIComponent(zone)}`;
    const group = `${counted}:${x_label}`;
    if (this.shared && this.shared === sharedX(group)) return;
    this.shared?.remove(this);
    this.shared = sharedX(group);
    this.shared.add(this);
  }

  private get visible(): readonly Drawn[] {
    return this.drawn.filter(({ name }) => !this.legend.hidden.has(name));
  }

  /** Bring the canvas up to the latest state; while it has no width (a hidden tab) there is nothing to draw on. */
  private draw(): void {
    const { chart, card } = this;
    const { width, height } = card.plot;
    if (!chart || width === 0) return;
    this.join(chart);
    const times = (chart.zone ?? null) !== null;
    const log = this.options.settle(chart.log_x ?? false, chart.log_y ?? false, times, chart.mark !== "scatter");
    this.take(chart, log);
    const { range } = this;
    card.plot.say(range ? null : chart.notes ? "No points" : "No points yet");
    card.tell(notesOf(chart, this.drawn));
    const zoom = this.shared?.zoomOf(this) ?? null;
    card.reset.hidden = zoom === null;
    const ordinal = this.options.counting === "order";
    const zone = times && !ordinal ? (chart.zone ?? "") : null;
    // Another chart of this x may be zoomed to where a logarithmic axis has no place.
    const shown = zoom && range && log.x && zoom.low <= 0 ? { low: range.low, high: zoom.high } : (zoom ?? range);
    const x = shown ? rangeX(shown.low, shown.high, log.x, zone) : rangeX(log.x ? 1 : 0, log.x ? 10 : 1, log.x, null);
    const y = this.scaleY(x, log.y, chart.mark === "area");
    const theme = (this.theme ??= themeOf(this.node));
    const right = this.rightRoom(width);
    const origin = times && this.options.counting === "relative" && range ? range.low : null;
    const drawn = this.visible;
    const whole = drawn.every(({ line, band }) => (line?.whole ?? true) && (band?.whole ?? true));
    const picture: PictureOf = { chart, drawn, x, y, smoothing: this.options.smoothing, origin, zone, whole, right };
    this.picture = picture;
    this.axes = card.plot.paint((pen) => (range ? drawChart(pen, width, height, theme, picture) : null));
    card.plot.over.hidden = this.axes === null;
    const { left, top, width: across, height: upwards } = this.axes?.field ?? NOWHERE;
    card.plot.place(left, top, across, upwards);
    card.fill();
    this.read();
  }

  private plot(): Plot | null {
    const { axes, picture, theme } = this;
    if (!axes || !picture || !theme) return null;
    // The names of lines stand below it.
    return { keys: picture.drawn, draw: (pen, width, height) => void drawChart(pen, width, height, theme, { ...picture, right: 0 }) };
  }

  /** Bring the traces up to the chart's lines and bands. */
  private take(chart: Chart, log: { readonly x: boolean; readonly y: boolean }): void {
    const { series = [], bands = [] } = chart;
    const ordinal = this.options.counting === "order";
    const trace = (key: string, lineage: object, x: (typeof series)[number]["x"], columns: readonly (typeof x)[]) => {
      const known = this.traces.get(key) ?? new Trace();
      this.traces.set(key, known);
      known.update({ x, columns }, lineage, log, ordinal);
      return known;
    };
    const keys = new Set<string>();
    const lines = new Map<string, { line: Trace | null; band: Trace | null }>();
    for (const line of series) {
      keys.add(`line ${line.name}`);
      lines.set(line.name, { line: trace(`line ${line.name}`, lineageOf(line), line.x, [line.y]), band: null });
    }
    for (const band of bands) {
      keys.add(`band ${band.name}`);
      const made = trace(`band ${band.name}`, lineageOf(band), band.x, band.bounds);
      lines.set(band.name, { line: lines.get(band.name)?.line ?? null, band: made });
    }
    for (const key of this.traces.keys()) if (!keys.has(key)) this.traces.delete(key);
    this.drawn = [...lines].map(([name, { line, band }], index) => ({ name, index, line, band }));
  }

  private scaleY(x: Scale, log: boolean, fromZero: boolean): Scale {
    let [low, high] = [Infinity, -Infinity];
    for (const trace of this.visible.flatMap(({ line, band }) => [line, band])) {
      const found = trace?.extremes(x.low, x.high);
      if (found) [low, high] = [Math.min(low, found[0]), Math.max(high, found[1])];
    }
    const found = low <= high ? ([low, high] as const) : null;
    const fitting = fittingY(found, log, fromZero);
    return this.eased.towards(fitting, found ? low : fitting.low, found ? high : fitting.high, log);
  }

  /** Room for names and values at the ends of lines; 0 where they stand below. */
  private rightRoom(width: number): number {
    if (width < WIDE || this.drawn.length === 0 || this.drawn.length > AT_ENDS || this.chart?.mark === "scatter") return 0;
    const longest = Math.max(...this.drawn.map(({ name }) => Math.min(name.length, 40))) + 10;
    return Math.min(0.35 * width, longest * LETTER + 24);
  }

  /** Say what is under the cursor, or what came last. */
  private read(): void {
    const { axes, picture, theme } = this;
    if (!axes || !picture || !theme) return;
    const { field } = axes;
    const cursor = this.shared?.cursor ?? null;
    const share = this.share(cursor);
    const [first = 0, second = first] = axes.y.positions;
    const resolution = field.y.log ? 0 : second - first;
    const marks: { left: number; top: number; colour: string }[] = [];
    const entries = this.drawn.map((each): Entry => {
      const values = each.line?.columns[0];
      const at = !each.line || !values ? -1 : cursor === null || share === null ? lastOf(values) : each.line.nearest(cursor);
      const value = values?.at(at) ?? NaN;
      const [x, end] = [each.line?.x.at(at) ?? NaN, field.upwards(value)];
      const near = share !== null && Math.abs(field.across(x) - field.left - share * field.width) <= 12;
      const here = share === null || near;
      if (near && !Number.isNaN(value) && !this.legend.hidden.has(each.name)) {
        marks.push({ left: field.across(x) - field.left, top: end - field.top, colour: colourOf(theme, each.index) });
      }
      const last = values?.at(lastOf(values)) ?? NaN;
      const ends = this.legend.hidden.has(each.name) || Number.isNaN(last) ? null : Math.min(Math.max(field.upwards(last), field.top), field.top + field.height);
      const among = this.drawn.length > AT_ENDS ? (each.line?.ends() ?? null) : null;
      const words = each.band ? this.between(each, cursor) : undefined;
      return {
        name: each.name,
        value: here && each.line && !Number.isNaN(value) ? each.line.exactly(at) : null,
        words: each.line ? this.counted(each.line, cursor) : words,
        least: among?.[0] ?? null,
        greatest: among?.[1] ?? null,
        end: ends,
      };
    });
    this.legend.show(entries, resolution, picture.right > 0 ? field.left + field.width : null);
    const words = cursor === null ? "" : this.at(cursor);
    if (share === null) this.cursor.hide();
    else this.cursor.show(share * field.width, field.width, words, marks);
    this.tellCursor(cursor, words, entries);
  }

  /** Of points that have no order, how many there are. */
  private counted({ length }: Trace, cursor: number | null): string | undefined {
    if (this.chart?.mark !== "scatter" || cursor !== null) return undefined;
    return `${formatNumber(length)} ${length === 1 ? "point" : "points"}`;
  }

  /** What a band without a line is between. */
  private between({ band }: Drawn, cursor: number | null): string {
    if (!band || band.length === 0) return "–";
    const at = cursor === null ? band.length - 1 : band.nearest(cursor);
    const ends = [0, band.columns.length - 1].map((column) => band.exactly(at, column));
    return ends.map((end) => (Number.isNaN(end) ? "–" : formatNumber(end))).join(" … ");
  }

  private tellCursor(cursor: number | null, words: string, entries: readonly Entry[]): void {
    const { over } = this.card.plot;
    const { range } = this;
    const values = entries.slice(0, 20).filter(({ name }) => !this.legend.hidden.has(name));
    const said = values.map(({ name, value, words: own }) => `${name.slice(0, 100)} ${own ?? (value === null ? "–" : formatNumber(value))}`);
    over.setAttribute("aria-valuemin", String(range?.low ?? 0));
    over.setAttribute("aria-valuemax", String(range?.high ?? 0));
    over.setAttribute("aria-valuenow", String(cursor ?? range?.high ?? 0));
    over.setAttribute("aria-valuetext", `${words || "newest"}: ${said.join(", ") || "no points"}`);
  }

  /** An x in words. */
  private at(x: number): string {
    const { picture } = this;
    if (!picture) return "";
    if (picture.origin !== null) return formatDuration(x - picture.origin);
    const label = picture.chart.x_label ?? "";
    const exact = this.exactX(x);
    const text = picture.zone === null ? formatNumber(exact) : formatMoment(exact, picture.zone);
    return label === "" ? text : `${label} ${text}`;
  }

  /** An x as the first line has it that comes to it; where another chart's points are and none of these, what is drawn. */
  private exactX(x: number): Exact {
    for (const { line, band } of this.visible) {
      const trace = line ?? band;
      const at = trace?.nearest(x) ?? -1;
      if (trace?.x.at(at) === x) return trace.exactX(at);
    }
    return wholly(x);
  }

  /** Where an x is, as a share of the width; null when it is not in sight. */
  private share(x: number | null): number | null {
    const scale = this.axes?.field.x;
    if (x === null || !scale) return null;
    const share = scale.share(x);
    return share >= -0.001 && share <= 1.001 ? share : null;
  }

  /** The x of the point nearest to a share of the width. */
  private nearestX(share: number): number | null {
    const scale = this.axes?.field.x;
    if (!scale) return null;
    const at = scale.value(share);
    let [found, distance]: [number | null, number] = [null, Infinity];
    for (const { line, band } of this.visible) {
      const trace = line ?? band;
      const x = trace?.x.at(trace.nearest(at)) ?? NaN;
      const away = Math.abs(scale.share(x) - share);
      if (away < distance) [found, distance] = [x, away];
    }
    return found;
  }

  /** By keys, to the x that is so many points on. */
  private step(by: number): void {
    const { shared, range, axes } = this;
    if (!shared || !range || !axes) return;
    let at = shared.cursor ?? (by > 0 ? range.low : range.high);
    if (!Number.isFinite(by) || shared.cursor === null) at = by === Infinity || by === -1 || by === -10 ? range.high : range.low;
    else for (let count = Math.abs(by); count > 0; count--) at = this.beside(at, by > 0) ?? at;
    shared.setCursor(at);
  }

  /** The next x of any line, or the one before. */
  private beside(at: number, after: boolean): number | null {
    let found: number | null = null;
    for (const { line, band } of this.visible) {
      const trace = line ?? band;
      if (!trace) continue;
      for (const { start, end } of trace.passes) {
        const above = upperBound(trace.x, at, start, end);
        let place = after ? above : above - 1;
        while (!after && place >= start && trace.x.at(place) >= at) place--;
        if (place < start || place >= end) continue;
        const x = trace.x.at(place);
        if (found === null || (after ? x < found : x > found)) found = x;
      }
    }
    return found;
  }
}

function lastOf(values: { readonly length: number; at(index: number): number }): number {
  for (let index = values.length - 1; index >= 0; index--) if (!Number.isNaN(values.at(index))) return index;
  return -1;
}

export const viewing: Viewing<Chart> = { View: ChartView };
