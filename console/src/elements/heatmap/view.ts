/**
 * A heat map: a coloured cell for each number, with the number in it where it fits. A pointer or the arrow keys lead from
 * cell to cell. Of more rows or columns than there are pixels each pixel shows the value of theirs that is farthest from
 * zero: no peak is lost.
 */
import type { Heatmap, HeatRow } from "../../protocol/deck.gen";
import { floats, plainText, type Exact } from "../../core/digits";
import { formatBriefly, formatNumber } from "../../core/numerals";
import { fitted, SIZE } from "../../plotting/axes";
import { ChartCard } from "../../plotting/card";
import type { Plot } from "../../plotting/figure";
import type { Pen } from "../../plotting/pen";
import { themeOf, type Theme } from "../../plotting/theme";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Pace } from "../pace";
import { ramp, type Ramp } from "./colours";

const GAP = 6;
const ROW = 15;
const BELOW = 20;
const SIDE = 0.35; // of the width: the most that names of rows take
const LEAST_TEXT = 13; // pixels of a row that has room for a name or a number
const SCALE = 10; // pixels: the width of the colour scale
const ENDS = 46; // pixels at least: what is written beside it

interface Cells {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface FloatRow {
  readonly values: readonly (number | null)[];
}

interface Place {
  readonly row: number;
  readonly column: number;
}

export class HeatmapView implements ElementView<Heatmap> {
  readonly kind = "heatmap";
  readonly node = elementNode("heatmap");
  private readonly card = new ChartCard(this.node, { redraw: () => this.pace.nextFrame(), rows: () => this.rows(), plot: () => this.plot() });
  private readonly tip: HTMLElement;
  private readonly mark: HTMLElement;
  private readonly pace = new Pace(() => this.draw());
  private heatmap: Heatmap | null = null;
  private floats: readonly FloatRow[] = [];
  private theme: Theme | null = null;
  private cells: Cells | null = null;
  private cursor: Place | null = null;

  constructor() {
    this.node.classList.add("ld-chart");
    const { over } = this.card.plot;
    over.tabIndex = 0;
    over.setAttribute("role", "slider");
    this.mark = child(over, "div", "ld-heat-cursor");
    this.tip = child(over, "div", "ld-cursor");
    over.addEventListener("pointermove", (event) => {
      const box = over.getBoundingClientRect();
      this.point(this.placeAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
    });
    over.addEventListener("pointerleave", () => this.point(null));
    over.addEventListener("blur", () => this.point(null));
    over.addEventListener("keydown", (event) => this.key(event));
  }

  update(next: Heatmap): void {
    this.heatmap = next;
    this.floats = (next.rows ?? []).map((row) => ({ values: floats(row.values) }));
    this.card.name(next.title);
    this.card.plot.over.setAttribute("aria-label", `Cursor of ${next.title}`);
    this.pace.nextFrame();
  }

  rethemed(): void {
    this.theme = null;
    this.pace.nextFrame();
  }

  destroy(): void {
    this.pace.stop();
    this.card.destroy();
  }

  private get size(): { readonly rows: number; readonly columns: number } {
    const { rows = [], columns = [] } = this.heatmap ?? {};
    return { rows: rows.length, columns: rows.reduce((most, { values }) => Math.max(most, values.length), columns.length) };
  }

  private draw(): void {
    const { heatmap, card } = this;
    const { width, height } = card.plot;
    if (!heatmap || width === 0) return;
    const { rows, columns } = this.size;
    const notes = Object.entries(heatmap.notes ?? {});
    card.plot.node.style.setProperty("--ld-plot-height", `${Math.min(300, Math.max(184, 40 + 22 * rows))}px`);
    card.plot.say(rows > 0 && columns > 0 ? null : notes.length > 0 ? "No values" : "No values yet");
    card.plot.describe(`${heatmap.title}. ${formatNumber(rows)} rows, ${formatNumber(columns)} columns`);
    card.tell(notes.map(([words, count]) => `${words} (${formatNumber(count)} ${count === 1 ? "cell" : "cells"})`));
    const theme = (this.theme ??= themeOf(this.node));
    this.cells = card.plot.paint((pen) => (rows > 0 && columns > 0 ? this.paint(pen, width, height, theme, heatmap) : null));
    const { left, top, width: across, height: upwards } = this.cells ?? { left: 0, top: 0, width: 0, height: 0 };
    card.plot.place(left, top, across, upwards);
    card.plot.over.hidden = this.cells === null;
    card.fill();
    this.read();
  }

  private plot(): Plot | null {
    const { cells, theme, heatmap } = this;
    if (!cells || !theme || !heatmap) return null;
    return { keys: [], draw: (pen, width, height) => void this.paint(pen, width, height, theme, heatmap) };
  }

  private paint(pen: Pen, width: number, height: number, theme: Theme, heatmap: Heatmap): Cells {
    const { rows = [], x_label = "", y_label = "" } = heatmap;
    const size = this.size;
    pen.save();
    pen.font = `${SIZE}px ${theme.face}`;
    const side = rows.length > 500 ? 0 : Math.max(0, ...rows.map(({ label }) => pen.measureText(label.slice(0, 60)).width));
    const left = Math.min(SIDE * width, Math.ceil(side || pen.measureText(String(rows.length)).width)) + GAP + (y_label ? ROW : 0);
    const bottom = BELOW + (x_label ? ROW : 0);
    const [low, high] = rangeOf(this.floats, heatmap);
    const ends = Math.max(ENDS, ...[low, high].map((end) => Math.ceil(pen.measureText(formatBriefly(end)).width) + 8));
    const cells: Cells = { left, top: 4, width: Math.max(20, width - left - SCALE - ends - 2 * GAP), height: Math.max(20, height - 4 - bottom) };
    const middle = low < 0 && high > 0 ? -low / 2 / (high / 2 - low / 2) : 0;
    const colours = ramp({ card: theme.card, text: theme.text, low: theme.warn, high: low < 0 && high <= 0 ? theme.warn : theme.accent }, middle);
    const share = (value: number) => (high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5);
    drawCells(pen, cells, this.floats, size.columns, share, colours);
    drawNumbers(pen, cells, rows, this.floats, size.columns, share, colours);
    this.drawNames(pen, cells, theme, heatmap, size.columns);
    drawScale(pen, cells, theme, colours, low, high);
    pen.restore();
    return cells;
  }

  private drawNames(pen: Pen, cells: Cells, theme: Theme, { rows = [], columns = [], x_label = "", y_label = "" }: Heatmap, count: number): void {
    pen.fillStyle = theme.faint;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const [tall, wide] = [cells.height / rows.length, cells.width / count];
    const stride = strideOf(LEAST_TEXT / tall);
    const room = cells.left - GAP - (y_label ? ROW : 0);
    for (let row = 0; row < rows.length; row += stride) {
      const label = fitted(pen, named(rows[row]?.label, row), room);
      pen.fillText(label, cells.left - GAP, cells.top + (row + 0.5) * tall);
    }
    pen.textAlign = "center";
    const across = strideOf(34 / wide);
    for (let column = 0; column < count; column += across) {
      const label = fitted(pen, named(columns[column], column), wide * across - 4);
      pen.fillText(label, cells.left + (column + 0.5) * wide, cells.top + cells.height + BELOW / 2);
    }
    pen.fillText(fitted(pen, x_label, cells.width), cells.left + cells.width / 2, cells.top + cells.height + BELOW + ROW / 2 - 2);
    pen.save();
    pen.translate(ROW / 2, cells.top + cells.height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(fitted(pen, y_label, cells.height), 0, 0);
    pen.restore();
  }

  private placeAt(across: number, down: number): Place | null {
    const { rows, columns } = this.size;
    if (!this.cells || across < 0 || across >= 1 || down < 0 || down >= 1) return null;
    return { row: Math.floor(down * rows), column: Math.floor(across * columns) };
  }

  private key(event: KeyboardEvent): void {
    const { rows, columns } = this.size;
    const { row, column } = this.cursor ?? { row: 0, column: -1 };
    const to = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row - 1, column: Math.max(0, column) },
      ArrowDown: { row: row + 1, column: Math.max(0, column) },
      Home: { row, column: 0 },
      End: { row, column: columns - 1 },
    }[event.key];
    if (!to || rows === 0 || columns === 0) return;
    event.preventDefault();
    this.point({ row: Math.min(rows - 1, Math.max(0, to.row)), column: Math.min(columns - 1, Math.max(0, to.column)) });
  }

  private point(place: Place | null): void {
    if (place?.row === this.cursor?.row && place?.column === this.cursor?.column) return;
    this.cursor = place;
    this.read();
  }

  /** Say what is in the cell under the cursor. */
  private read(): void {
    const { heatmap, cells, cursor } = this;
    if (!heatmap) return;
    const size = this.size;
    const here = cursor && cells && cursor.row < size.rows && cursor.column < size.columns ? cursor : null;
    this.tip.hidden = this.mark.hidden = here === null;
    const row = here ? heatmap.rows?.[here.row] : undefined;
    const name = (label: string | undefined, index: number) => named(label, index).slice(0, 60);
    const words = here
      ? `${(heatmap.y_label ?? "") || "row"} ${name(row?.label, here.row)}, ${(heatmap.x_label ?? "") || "column"} ${name(heatmap.columns?.[here.column], here.column)}: ${said(this.floats[here.row]?.values[here.column] ?? null, row?.values[here.column] ?? null)}`
      : "nothing chosen";
    const { over } = this.card.plot;
    over.setAttribute("aria-valuemin", "1");
    over.setAttribute("aria-valuemax", String(Math.max(1, size.rows * size.columns)));
    over.setAttribute("aria-valuenow", String(here ? here.row * size.columns + here.column + 1 : 1));
    over.setAttribute("aria-valuetext", words);
    if (!here || !cells) return;
    setText(this.tip, words);
    const [tall, wide] = [cells.height / size.rows, cells.width / size.columns];
    this.mark.style.cssText = `left:${here.column * wide}px;top:${here.row * tall}px;width:${wide}px;height:${tall}px`;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(Math.max((here.column + 0.5) * wide, half), Math.max(half, cells.width - half))}px`;
  }

  private rows(): string[][] {
    const { rows = [], columns = [], y_label = "" } = this.heatmap ?? {};
    const { columns: count } = this.size;
    const head = [y_label || "row", ...Array.from({ length: count }, (_, column) => named(columns[column], column))];
    return [head, ...rows.map(({ label, values }, row) => [named(label, row), ...Array.from({ length: count }, (_, column) => plainText(values[column]))])];
  }
}

/** The values that have the first and the last colour; the same rule as in `livedeck/deck/heat_plot.py`. */
export function rangeOf(rows: readonly FloatRow[], { low = null, high = null }: Heatmap): [number, number] {
  let [least, most] = [low ?? 0, high ?? -Infinity];
  for (const { values } of rows) {
    for (const value of values) {
      if (value === null) continue;
      if (low === null && value < least) least = value;
      if (high === null && value > most) most = value;
    }
  }
  return [least, most > least ? most : least + 1];
}

function drawCells(pen: Pen, cells: Cells, rows: readonly FloatRow[], columns: number, share: (value: number) => number, { colour }: Ramp): void {
  // Of more cells than pixels, as many as there are pixels: the values farthest from zero.
  const [down, across] = [Math.min(rows.length, Math.ceil(cells.height)), Math.min(columns, Math.ceil(cells.width))];
  const [tall, wide] = [cells.height / down, cells.width / across];
  const gap = Math.min(tall, wide) > 12 ? 1 : 0;
  for (let y = 0; y < down; y++) {
    const first = Math.floor((y * rows.length) / down);
    const end = Math.max(first + 1, Math.floor(((y + 1) * rows.length) / down));
    for (let x = 0; x < across; x++) {
      const from = Math.floor((x * columns) / across);
      const to = Math.max(from + 1, Math.floor(((x + 1) * columns) / across));
      let found: number | null = null;
      for (let row = first; row < end; row++) {
        for (let column = from; column < to; column++) {
          const value = rows[row]?.values[column] ?? null;
          if (value !== null && (found === null || Math.abs(value) > Math.abs(found))) found = value;
        }
      }
      if (found === null) continue;
      pen.fillStyle = colour(share(found));
      pen.fillRect(cells.left + x * wide, cells.top + y * tall, wide - gap + (gap ? 0 : 0.5), tall - gap + (gap ? 0 : 0.5));
    }
  }
}

/** The numbers themselves, in cells that all have room for theirs. */
function drawNumbers(pen: Pen, cells: Cells, exact: readonly HeatRow[], rows: readonly FloatRow[], columns: number, share: (value: number) => number, { ink }: Ramp): void {
  const [tall, wide] = [cells.height / rows.length, cells.width / columns];
  if (tall < LEAST_TEXT || wide < 12 || rows.length * columns > 1000) return;
  const texts = rows.map(({ values }, row) =>
    values.map((value, column) => (value === null ? "" : formatBriefly(exact[row]?.values[column] ?? value))),
  );
  if (texts.some((row) => row.some((text) => pen.measureText(text).width > wide - 4))) return;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  texts.forEach((row, at) => {
    row.forEach((text, column) => {
      const value = rows[at]?.values[column] ?? null;
      if (value === null) return;
      pen.fillStyle = ink(share(value));
      pen.fillText(text, cells.left + (column + 0.5) * wide, cells.top + (at + 0.5) * tall);
    });
  });
}

/** The name of a row or column, or its number. */
function named(label: string | undefined, index: number): string {
  return label === undefined || label === "" ? String(index) : label;
}

/** 1, 2, 5, 10 and so on: every so many rows or columns have a name. */
function strideOf(least: number): number {
  for (let power = 1; ; power *= 10) for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
}

function said(float: number | null, exact: Exact | null): string {
  return float === null ? "–" : formatNumber(exact ?? float);
}

function drawScale(pen: Pen, cells: Cells, theme: Theme, { colour }: Ramp, low: number, high: number): void {
  const left = cells.left + cells.width + 2 * GAP;
  const steps = Math.max(2, Math.min(64, Math.floor(cells.height)));
  for (let step = 0; step < steps; step++) {
    pen.fillStyle = colour(1 - step / (steps - 1));
    pen.fillRect(left, cells.top + (step * cells.height) / steps, SCALE, cells.height / steps + 0.5);
  }
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.rect(left + 0.5, cells.top + 0.5, SCALE - 1, cells.height - 1);
  pen.stroke();
  pen.fillStyle = theme.faint;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(formatBriefly(high), left + SCALE + 4, cells.top + 6);
  pen.fillText(formatBriefly(low), left + SCALE + 4, cells.top + cells.height - 6);
}

export const viewing: Viewing<Heatmap> = { View: HeatmapView };
