/** Rows, cells and what tells rows apart, as `livedeck/deck/kinds/table.py` has them. */
import type { Column, Table, Unchanged } from "../../protocol/deck.gen";
import { formatMoment, formatNumber, formatShare, formatValue } from "../../core/numerals";

export type Rows = NonNullable<Table["rows"]>;
export type Row = Rows[number];
export type Cell = Exclude<Row[number], Unchanged>;

export const UNCHANGED: Unchanged = { cell: "unchanged" };

/** In what is appended: the cell of the row that is there stays. */
export function isUnchanged(cell: Row[number]): cell is Unchanged {
  return typeof cell === "object" && cell !== null && !Array.isArray(cell);
}

/** What a row holds at a place, or nothing. */
export function cellAt(row: Row, place: number): Cell {
  const cell = row[place];
  return cell === undefined || isUnchanged(cell) ? null : cell;
}

/** Tells a row by its key: 1 is 1.0, and neither true nor "1". */
export function keyOf(cell: Cell): string {
  return typeof cell === "object" ? JSON.stringify(cell) : `${typeof cell} ${String(cell)}`;
}

/** A cell in words. */
export function written(cell: Cell, column: Column): string {
  if (cell === null) return "";
  if (typeof cell === "object") return cell.map((each) => formatValue(each)).join(", ");
  if (typeof cell !== "number") return String(cell);
  if (column.type === "time") return formatMoment(cell, column.zone);
  if (column.type === "progress") return formatShare(cell);
  return formatNumber(cell);
}

/** Negative: `one` comes before `other`, in an order that goes up. Cells with nothing in them come last both ways. */
export function compare(one: Cell, other: Cell, down: boolean): number {
  const [a, b] = [rank(one), rank(other)];
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === "number" && typeof b === "number" ? a - b : typeof a === typeof b ? words(a, b) : typeof a === "number" ? -1 : 1;
  return down ? -order : order;
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true });

function words(a: number | string, b: number | string): number {
  return COLLATOR.compare(String(a), String(b));
}

/** Of a small line its last number counts. */
function rank(cell: Cell): number | string | null {
  if (typeof cell === "boolean") return Number(cell);
  return typeof cell === "object" && cell !== null ? (cell.at(-1) ?? null) : cell;
}
