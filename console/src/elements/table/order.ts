/** Which rows of a table are shown, and in which order. */
import type { Column, Table } from "../../protocol/deck.gen";
import { cellAt, compare, written, type Cell, type Row } from "./cells";

export interface Sorting {
  readonly column: string;
  readonly down: boolean;
}

/** What a viewer has typed for columns, by their names. */
export type Filters = ReadonlyMap<string, string>;

export class Order {
  private asked: readonly unknown[] = [];
  private found: readonly number[] | null = null;
  private readonly texts = new WeakMap<Row, string>();

  /** The places of rows in the order in which they are shown; null: all of them, as they came. */
  places(table: Table, sorting: Sorting | null, filters: Filters, search: string): readonly number[] | null {
    const typed = [...filters].filter(([, words]) => words.trim() !== "");
    const asked = [table, sorting?.column, sorting?.down, search, JSON.stringify(typed)];
    if (asked.some((each, index) => each !== this.asked[index])) {
      this.asked = asked;
      this.found = sorting || typed.length > 0 || search.trim() !== "" ? this.look(table, sorting, typed, search) : null;
    }
    return this.found;
  }

  private look(table: Table, sorting: Sorting | null, typed: readonly (readonly [string, string])[], search: string): number[] {
    const { rows = [], columns = [] } = table;
    const tests = typed.flatMap(([name, words]) => {
      const at = columns.findIndex((column) => column.name === name);
      const column = columns[at];
      if (!column) return [];
      const test = testOf(words, column);
      return [(row: Row) => test(cellAt(row, at))];
    });
    const words = search.trim().toLowerCase();
    if (words !== "") tests.push((row) => this.text(row, columns).includes(words));
    const found: number[] = [];
    for (const [place, row] of rows.entries()) if (tests.every((test) => test(row))) found.push(place);
    const at = sorting ? columns.findIndex(({ name }) => name === sorting.column) : -1;
    if (sorting && at >= 0) {
      found.sort((a, b) => compare(cellAt(rows[a] ?? [], at), cellAt(rows[b] ?? [], at), sorting.down) || a - b);
    }
    return found;
  }

  /** All that a row says, to be searched. */
  private text(row: Row, columns: readonly Column[]): string {
    let text = this.texts.get(row);
    if (text === undefined) {
      text = columns
        .map((column, at) => (column.type === "image" ? "" : written(cellAt(row, at), column)))
        .join("\n")
        .toLowerCase();
      this.texts.set(row, text);
    }
    return text;
  }
}

const COMPARED = /^\s*(<=|>=|<|>|=|!=)\s*(.+?)\s*$/;
const RANGE = /^\s*(-?[\d.,e+]+)\s*\.\.\s*(-?[\d.,e+]+)\s*$/i;

/** What a cell has to be: to hold some words, or of numbers `> 3`, `<= 0.5`, `= 7`, `!= 7`, `1..5`. */
export function testOf(words: string, column: Column): (cell: Cell) => boolean {
  const range = RANGE.exec(words);
  if (range) {
    const [low, high] = [numberOf(range[1]), numberOf(range[2])];
    if (!Number.isNaN(low) && !Number.isNaN(high)) return (cell) => typeof cell === "number" && cell >= low && cell <= high;
  }
  const compared = COMPARED.exec(words);
  const number = numberOf(compared?.[2]);
  if (compared && !Number.isNaN(number)) {
    const test = TESTS[compared[1] as keyof typeof TESTS];
    return (cell) => typeof cell === "number" && test(cell, number);
  }
  const searched = words.trim().toLowerCase();
  return (cell) => written(cell, column).toLowerCase().includes(searched);
}

function numberOf(words: string | undefined): number {
  return words === undefined || words.trim() === "" ? NaN : Number(words.replaceAll(",", ""));
}

const TESTS = {
  "<": (cell: number, other: number) => cell < other,
  "<=": (cell: number, other: number) => cell <= other,
  ">": (cell: number, other: number) => cell > other,
  ">=": (cell: number, other: number) => cell >= other,
  "=": (cell: number, other: number) => cell === other,
  "!=": (cell: number, other: number) => cell !== other,
} as const;
