/** A table as comma-separated values (RFC 4180), with its numbers as they are and times in ISO 8601. */
import type { Column, Table } from "../../protocol/deck.gen";
import { csvField as field } from "../../core/csv";
import { isoMoment } from "../../core/numerals";
import { cellAt, type Cell } from "./cells";

/** @param places of the rows, in their order; null: all of them. */
export function asCsv({ columns = [], rows = [] }: Table, places: readonly number[] | null): string {
  const lines = [columns.map(({ name }) => field(name)).join(",")];
  const add = (row: (typeof rows)[number] | undefined) =>
    lines.push(columns.map((column, at) => field(plain(cellAt(row ?? [], at), column))).join(","));
  if (places) for (const place of places) add(rows[place]);
  else for (const row of rows) add(row);
  return `${lines.join("\r\n")}\r\n`;
}

function plain(cell: Cell, { type, zone = "" }: Column): string {
  if (cell === null) return "";
  if (type === "time" && typeof cell === "number") return isoMoment(cell, zone);
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
