/**
 * A table of which only the rows in sight are in the page, however many there are. Sorting, search and filters are the
 * viewer's and stay while rows come in; so do the widths of columns, and which of them stay in sight.
 */
import type { Column, Table } from "../../protocol/deck.gen";
import { copy } from "../clipboard";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Pace } from "../pace";
import { askToSave } from "../saving";
import { evenRows, VirtualRows } from "../virtualRows";
import { cellAt } from "./cells";
import { drawCell } from "./drawing";
import { TableHead } from "./head";
import { Order } from "./order";
import { asCsv } from "./csv";
import { counted } from "./words";

/** Pixels; `view.css` has the same. */
const ROW = 28;
const TALL_ROW = 52;
/** Rows up to which nobody has to search. */
const FEW = 8;

export class TableView implements ElementView<Table> {
  readonly kind = "table";
  readonly node = elementNode("table");
  private readonly bar = child(this.node, "div", "ld-table-bar");
  private readonly title = child(this.bar, "h3", "ld-table-title");
  private readonly search = child(this.bar, "input", "ld-table-search") as HTMLInputElement;
  private readonly filter = button(this.bar, "Filter");
  private readonly copied = button(this.bar, "Copy CSV");
  private readonly saved = button(this.bar, "Save CSV");
  private readonly scroller = child(this.node, "div", "ld-table-rows");
  private readonly grid = child(this.scroller, "table", "ld-table-grid") as HTMLTableElement;
  private readonly head = new TableHead(this.grid, () => this.arranged());
  private readonly above = child(this.grid, "tbody", "ld-table-space");
  private readonly body = child(this.grid, "tbody", "") as HTMLTableSectionElement;
  private readonly below = child(this.grid, "tbody", "ld-table-space");
  private readonly virtual = new VirtualRows(this.scroller, this.above, this.below);
  private readonly count = child(this.node, "p", "ld-table-count");
  private readonly order = new Order();
  private readonly resizes = new ResizeObserver(() => this.pace.nextFrame());
  private readonly pace = new Pace(() => this.draw());
  private table: Table | null = null;
  /** Of data that is too large, what is said of its columns. */
  private columns: TableView | null = null;

  constructor() {
    this.scroller.tabIndex = 0; // what scrolls is to be reached by the keyboard
    this.search.type = "search";
    this.search.placeholder = "Search";
    this.filter.setAttribute("aria-pressed", "false");
    this.count.setAttribute("role", "status");
    this.search.addEventListener("input", () => this.arranged());
    this.filter.addEventListener("click", () => this.toggleFilters());
    this.copied.addEventListener("click", () => this.copy());
    this.saved.addEventListener("click", () => askToSave(this.node, { form: "csv", text: this.csv() }));
    this.scroller.addEventListener("scroll", () => this.pace.nextFrame(), { passive: true });
    this.resizes.observe(this.scroller);
  }

  update(next: Table): void {
    this.table = next;
    const name = next.title ?? "";
    setText(this.title, name);
    this.title.hidden = name === "";
    this.search.setAttribute("aria-label", `Search${name && ` ${name}`}`);
    this.scroller.setAttribute("aria-label", name || "Table");
    this.scroller.setAttribute("role", "group");
    this.showProfile(next);
    this.pace.atOnce();
  }

  destroy(): void {
    this.columns?.destroy();
    this.resizes.disconnect();
    this.pace.stop();
  }

  private showProfile({ id, profile }: Table): void {
    // That the rows are but a sample is to be read before they are.
    this.node.insertBefore(this.count, profile ? this.scroller : this.scroller.nextSibling);
    const { columns, rows = [] } = profile ?? {};
    if (rows.length === 0) {
      this.columns?.destroy();
      this.columns?.node.remove();
      this.columns = null;
      return;
    }
    this.columns ??= new TableView();
    this.columns.node.classList.add("ld-table-profile");
    this.columns.update({ kind: "table", id, title: "Columns", ...(columns && { columns }), rows });
    this.node.append(this.columns.node);
  }

  private arranged(): void {
    this.scroller.scrollTop = 0;
    this.pace.nextFrame();
  }

  private toggleFilters(): void {
    const shown = this.head.toggleFilters();
    this.filter.setAttribute("aria-pressed", String(shown));
    this.pace.nextFrame();
  }

  private copy(): void {
    const done = copy(this.node, this.csv());
    setText(this.copied, done ? "Copied" : "Not allowed here");
    setTimeout(() => setText(this.copied, "Copy CSV"), 1500);
  }

  /** The rows that are shown, in their order. */
  private csv(): string {
    const { table } = this;
    return table ? asCsv(table, this.order.places(table, this.head.sorting, this.head.filters, this.search.value)) : "";
  }

  private draw(): void {
    const { table } = this;
    if (!table) return;
    const { columns = [], rows = [] } = table;
    this.head.show(columns, rows, table.key ?? "");
    this.search.hidden = this.filter.hidden = rows.length <= FEW && this.search.value === "" && !this.head.filtering;
    const places = this.order.places(table, this.head.sorting, this.head.filters, this.search.value);
    const length = places?.length ?? rows.length;
    setText(this.count, counted(length, table));
    this.drawRows(table, columns, places, length);
  }

  private drawRows(table: Table, columns: readonly Column[], places: readonly number[] | null, length: number): void {
    const height = columns.some(({ type }) => type === "image") ? TALL_ROW : ROW;
    this.grid.style.setProperty("--ld-row", `${height}px`);
    this.grid.setAttribute("aria-rowcount", String(length + 1));
    const { first, end: last } = this.virtual.place(evenRows(length, height));
    const { rows = [] } = table;
    while (this.body.rows.length > last - first) this.body.deleteRow(-1);
    for (let index = first; index < last; index++) {
      const line = this.body.rows[index - first] ?? this.body.insertRow();
      line.setAttribute("aria-rowindex", String(index + 2));
      const row = rows[places?.[index] ?? index] ?? [];
      while (line.cells.length > columns.length) line.deleteCell(-1);
      for (const [at, column] of columns.entries()) {
        const cell = line.cells[at] ?? line.insertCell();
        this.head.place(cell, at);
        drawCell(cell, cellAt(row, at), column);
        if (column.type === "number") this.head.widen(column.name, cell.textContent.length);
      }
    }
  }
}

function button(parent: HTMLElement, words: string): HTMLButtonElement {
  const made = child(parent, "button", "ld-small-button") as HTMLButtonElement;
  made.type = "button";
  made.textContent = words;
  return made;
}

export const viewing: Viewing<Table> = { View: TableView };
