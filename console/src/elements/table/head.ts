/** The head of a table: names to sort by, handles for widths, filters, and the columns that stay in sight. */
import type { Column } from "../../protocol/deck.gen";
import { child, setText } from "../dom";
import { cellAt, written, type Rows } from "./cells";
import type { Filters, Sorting } from "./order";

const NARROWEST = 48;
const WIDEST = 360;
const STEP = 16;
/** Pixels of a character, about, and of what stands beside the words of a cell. */
const CHARACTER = 8.2;
const PADDING = 26;
/** Rows that widths are told from. */
const SAMPLE = 60;

export class TableHead {
  sorting: Sorting | null = null;
  private readonly columns: HTMLElement;
  private readonly names: HTMLTableRowElement;
  private readonly fields: HTMLTableRowElement;
  private readonly widths = new Map<string, number>();
  private readonly typed = new Map<string, string>();
  private shown: readonly string[] = [];
  private order: readonly string[] = [];
  /** How many columns stay in sight at the left. */
  private frozen = 0;
  private chosen = false;
  private resized = false;

  constructor(
    private readonly grid: HTMLTableElement,
    private readonly changed: () => void,
  ) {
    this.columns = child(grid, "colgroup", "");
    const head = grid.createTHead();
    this.names = head.insertRow();
    this.fields = head.insertRow();
    this.fields.hidden = true;
    this.fields.className = "ld-table-filters";
  }

  get filters(): Filters {
    return this.fields.hidden ? new Map() : this.typed;
  }

  get filtering(): boolean {
    return !this.fields.hidden;
  }

  /** Show or hide the filters; returns whether they are shown. */
  toggleFilters(): boolean {
    this.fields.hidden = !this.fields.hidden;
    if (!this.fields.hidden) this.fields.querySelector("input")?.focus();
    return !this.fields.hidden;
  }

  show(columns: readonly Column[], rows: Rows, key: string): void {
    const signs = columns.map(({ name, type = "" }) => `${type} ${name}`);
    if (!this.chosen) this.frozen = key !== "" && columns[0]?.name === key ? 1 : 0;
    const same = signs.length === this.shown.length && signs.every((sign, index) => sign === this.shown[index]);
    if (!same || (this.widths.size === 0 && rows.length > 0)) this.build(columns, rows);
    this.shown = signs;
    this.markSorting(columns);
  }

  /** Let a cell stay in sight with its column, or not. */
  place(cell: HTMLTableCellElement, at: number): void {
    const stays = at < this.frozen;
    cell.classList.toggle("ld-table-frozen", stays);
    const left = stays ? `${this.left(at)}px` : "";
    if (cell.style.left !== left) cell.style.left = left;
  }

  /** Give a number the room that it needs: it is not to be broken, nor cut. */
  widen(column: string, characters: number): void {
    const needed = Math.ceil(characters * CHARACTER) + PADDING;
    if (this.resized || needed <= this.width(column)) return;
    this.widths.set(column, needed);
    this.spread(null);
  }

  private build(columns: readonly Column[], rows: Rows): void {
    this.columns.replaceChildren();
    this.names.replaceChildren();
    this.fields.replaceChildren();
    for (const [at, column] of columns.entries()) {
      if (!this.widths.has(column.name) && rows.length > 0) this.widths.set(column.name, fitting(column, at, rows));
      child(this.columns, "col", "");
      this.addName(column, at);
      this.addField(column, at);
    }
    this.spread(columns);
  }

  private addName(column: Column, at: number): void {
    const cell = child(this.names, "th", column.type === "number" ? "ld-right" : "") as HTMLTableCellElement;
    cell.scope = "col";
    const name = child(cell, "button", "ld-table-name") as HTMLButtonElement;
    name.type = "button";
    child(name, "bdi", "").textContent = column.name;
    name.title = column.name;
    name.addEventListener("click", () => this.sort(column.name));
    const pin = child(cell, "button", "ld-table-pin") as HTMLButtonElement;
    pin.type = "button";
    pin.addEventListener("click", () => this.freeze(at));
    const edge = child(cell, "span", "ld-table-edge");
    edge.tabIndex = 0;
    edge.setAttribute("role", "separator");
    edge.setAttribute("aria-orientation", "vertical");
    edge.setAttribute("aria-label", `Width of ${column.name}`);
    edge.setAttribute("aria-valuemin", String(NARROWEST));
    edge.addEventListener("pointerdown", (event) => this.drag(event, edge, column.name));
    edge.addEventListener("keydown", (event) => {
      const by = event.key === "ArrowLeft" ? -STEP : event.key === "ArrowRight" ? STEP : 0;
      if (by === 0) return;
      event.preventDefault();
      this.resize(column.name, this.width(column.name) + by);
    });
  }

  private addField(column: Column, at: number): void {
    const cell = child(this.fields, "th", "") as HTMLTableCellElement;
    this.place(cell, at);
    const field = child(cell, "input", "") as HTMLInputElement;
    field.type = "search";
    field.value = this.typed.get(column.name) ?? "";
    field.placeholder = column.type === "number" || column.type === "progress" ? "> 1, 1..5" : "contains";
    field.setAttribute("aria-label", `Filter ${column.name}`);
    field.addEventListener("input", () => {
      this.typed.set(column.name, field.value);
      this.changed();
    });
  }

  private sort(column: string): void {
    const { sorting } = this;
    if (sorting?.column !== column) this.sorting = { column, down: false };
    else this.sorting = sorting.down ? null : { column, down: true };
    this.changed();
  }

  private freeze(at: number): void {
    this.chosen = true;
    this.frozen = this.frozen === at + 1 ? 0 : at + 1;
    this.changed();
  }

  private drag(event: PointerEvent, edge: HTMLElement, column: string): void {
    event.preventDefault();
    const from = event.clientX - this.width(column);
    edge.setPointerCapture(event.pointerId);
    const move = (next: PointerEvent) => this.resize(column, next.clientX - from);
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  }

  private resize(column: string, width: number): void {
    this.resized = true;
    this.widths.set(column, Math.max(NARROWEST, Math.round(width)));
    this.spread(null);
    this.changed();
  }

  private width(column: string): number {
    return this.widths.get(column) ?? NARROWEST * 2;
  }

  private left(at: number): number {
    return this.order.slice(0, at).reduce((sum, name) => sum + this.width(name), 0);
  }

  private spread(columns: readonly Column[] | null): void {
    if (columns) this.order = columns.map(({ name }) => name);
    for (const [at, name] of this.order.entries()) {
      const node = this.columns.children[at];
      if (node instanceof HTMLElement) node.style.width = `${this.width(name)}px`;
      const edge = this.names.cells[at]?.querySelector(".ld-table-edge");
      edge?.setAttribute("aria-valuemax", String(Math.max(WIDEST, this.width(name))));
      edge?.setAttribute("aria-valuenow", String(this.width(name)));
    }
    // Until the viewer has chosen a width, columns share what room there is beside them.
    this.grid.style.minWidth = this.resized ? "0" : "100%";
    this.grid.style.width = `${this.order.reduce((sum, name) => sum + this.width(name), 0)}px`;
  }

  private markSorting(columns: readonly Column[]): void {
    for (const [at, { name }] of columns.entries()) {
      const cell = this.names.cells[at];
      const field = this.fields.cells[at];
      if (!cell || !field) continue;
      const sorted = this.sorting?.column === name ? (this.sorting.down ? "descending" : "ascending") : "none";
      if (cell.getAttribute("aria-sort") !== sorted) cell.setAttribute("aria-sort", sorted);
      this.place(cell, at);
      this.place(field, at);
      const pin = cell.querySelector<HTMLElement>(".ld-table-pin");
      if (!pin) continue;
      const pinned = this.frozen === at + 1;
      pin.setAttribute("aria-pressed", String(pinned));
      pin.setAttribute("aria-label", `Keep columns up to ${name} in sight`);
      pin.title = pinned ? "Let all columns scroll" : "Keep columns up to this one in sight";
      setText(pin, "⇤");
    }
  }
}

/** A width in which the name and most cells of a column have room. */
function fitting(column: Column, at: number, rows: Rows): number {
  if (column.type === "sparkline" || column.type === "progress") return 140;
  if (column.type === "image") return 96;
  const step = Math.max(1, Math.floor(rows.length / SAMPLE));
  const sample = Array.from({ length: Math.min(SAMPLE, rows.length) }, (_, index) => rows[index * step] ?? []);
  const lengths = sample.map((row) => written(cellAt(row, at), column).length);
  const length = Math.max(column.name.length + 3, ...lengths);
  return Math.max(NARROWEST, Math.min(WIDEST, Math.ceil(length * CHARACTER) + PADDING));
}
