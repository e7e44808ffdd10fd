/**
 * A table whose rows are appended, changed by their key and dropped, in place: what is there is not copied. It leaves what
 * `TableBuffer` in `livedeck/deck/kinds/table.py` leaves.
 */
import type { Column, Table } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { UNCHANGED, cellAt, isUnchanged, keyOf, type Cell, type Row, type Rows } from "./cells";

/** The state of a table that has all rows of a list which is the document's own, and where its keys are. */
interface Own {
  state: Table;
  readonly places: Map<string, number> | null;
}

const OWN = new WeakMap<Rows, Own>();

export const applying: Applying<Table> = {
  extend(before, more) {
    const columns = [...(before.columns ?? [])];
    const places = (more.columns ?? []).map((column) => placed(columns, column));
    const own = ownRows(before, columns);
    const { dropped: keys = null } = before;
    const dropped = keys && new Map(keys.map((key) => [keyOf(key), key]));
    if (own.places) dropRows(own, more.dropped ?? [], dropped);
    const at = columns.findIndex(({ name }) => name === before.key);
    for (const row of more.rows ?? []) put(own, moved(row, places), at, dropped !== null);
    const after: { -readonly [F in keyof Table]: Table[F] } = { ...before, rows: own.rows };
    if (columns.length > 0) after.columns = columns;
    if (own.rows.length === 0) delete after.rows;
    if (dropped) after.dropped = [...dropped.values()];
    OWN.set(own.rows, { state: after, places: own.places });
    return after;
  },
  own(table) {
    const { rows } = table;
    if (!rows) return;
    const places = table.key ? placesOf(rows, table) : null;
    if (places === null || places.size === rows.length) OWN.set(rows, { state: table, places });
  },
  keep({ rows }) {
    if (rows) OWN.delete(rows);
  },
};

interface Changing {
  rows: Row[];
  places: Map<string, number> | null;
}

function ownRows(table: Table, columns: readonly Column[]): Changing {
  const { rows = [] } = table;
  const held = OWN.get(rows);
  if (held?.state === table) return { rows: rows as Row[], places: held.places };
  if (!table.key) return { rows: [...rows], places: null };
  const last = placesOf(rows, { ...table, columns });
  if (last.size === rows.length) return { rows: [...rows], places: last };
  // Of rows with one key the last counts, in the place of the first.
  return { rows: [...last.values()].flatMap((place) => [rows[place] ?? []]), places: new Map([...last.keys()].map((word, place) => [word, place])) };
}

function placesOf(rows: Rows, { key, columns = [] }: Table): Map<string, number> {
  const at = columns.findIndex(({ name }) => name === key);
  return new Map(rows.map((row, place) => [keyOf(cellAt(row, at)), place]));
}

/** Where a column is; a new one comes behind the others. */
function placed(columns: Column[], column: Column): number {
  const place = columns.findIndex(({ name }) => name === column.name);
  if (place < 0) return columns.push(column) - 1;
  if (!columns[place]?.type) columns[place] = column;
  return place;
}

function dropRows(own: Changing, keys: readonly Cell[], dropped: Map<string, Cell> | null): void {
  const gone = new Set<number>();
  for (const key of keys) {
    const word = keyOf(key);
    const place = own.places?.get(word);
    if (place !== undefined) {
      gone.add(place);
      own.places?.delete(word);
    }
    if (dropped && !dropped.has(word)) dropped.set(word, key);
  }
  if (gone.size === 0) return;
  const before = [...(own.places ?? [])];
  own.rows = own.rows.filter((_, place) => !gone.has(place));
  const sorted = [...gone].sort((a, b) => a - b);
  let passed = 0;
  own.places = new Map(
    before
      .sort(([, a], [, b]) => a - b)
      .map(([word, place]) => {
        while (passed < sorted.length && (sorted[passed] ?? Infinity) < place) passed += 1;
        return [word, place - passed];
      }),
  );
}

function put(own: Changing, row: Row, at: number, part: boolean): void {
  const word = own.places ? keyOf(at < 0 ? null : cellAt(row, at)) : "";
  const place = own.places?.get(word);
  const before = place === undefined ? undefined : own.rows[place];
  const after = settled(before === undefined ? row : changed(before, row), part);
  if (place === undefined) {
    own.places?.set(word, own.rows.length);
    own.rows.push(after);
  } else {
    own.rows[place] = after;
  }
}

/** A row with its cells at other places. */
function moved(row: Row, places: readonly number[]): Row {
  if (places.every((place, index) => place === index)) return row.slice(0, places.length);
  const after: Row[number][] = Array.from({ length: Math.max(...places) + 1 }, () => UNCHANGED);
  for (const [index, place] of places.entries()) after[place] = index < row.length ? (row[index] ?? null) : UNCHANGED;
  return after;
}

/** A row with those cells of another that say something. */
function changed(before: Row, row: Row): Row {
  const after: Row[number][] = [...before];
  while (after.length < row.length) after.push(UNCHANGED);
  for (const [place, cell] of row.entries()) if (!isUnchanged(cell)) after[place] = cell;
  return after;
}

/** A row without what says nothing: in what is appended, unchanged cells at its end; else all of them, and empty ones. */
function settled(row: Row, part: boolean): Row {
  const after = part ? [...row] : row.map((cell) => (isUnchanged(cell) ? null : cell));
  const idle = (cell: Row[number] | undefined) => (part ? cell !== undefined && isUnchanged(cell) : cell === null);
  while (after.length > 0 && idle(after.at(-1))) after.pop();
  return after;
}
