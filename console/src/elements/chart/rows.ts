/** The points of a chart as rows: for its table, and to be saved. */
import type { Chart } from "../../protocol/deck.gen";
import { compare, plainText, type Exact } from "../../core/digits";
import { isoMoment } from "../../core/numerals";
import type { Rows } from "../../plotting/card";

/** A row for each x with the values of all lines there; a row for each point where a line comes to an x again. */
export function rowsOf({ series = [], bands = [], zone = null, x_label = "" }: Chart): Rows {
  const x = (at: Exact | null) => (zone === null || at === null || plainText(at) === "" ? plainText(at) : isoMoment(at, zone));
  const columns = [
    ...series.map((line) => ({ name: line.name, x: line.x, y: line.y })),
    ...bands.flatMap((band) => band.bounds.map((y, index) => ({ name: `${band.name} bound ${index + 1}`, x: band.x, y }))),
  ];
  const first = x_label || "x";
  if (columns.some((column) => new Set(column.x).size < column.x.length)) {
    const points = columns.flatMap((column) => column.x.map((at, index) => [column.name, x(at), plainText(column.y[index])]));
    return [["series", first, "value"], ...points];
  }
  const rows = new Map<Exact | null, string[]>();
  columns.forEach((column, place) => {
    column.x.forEach((at, index) => {
      let row = rows.get(at);
      if (!row) rows.set(at, (row = new Array<string>(columns.length).fill("")));
      row[place] = plainText(column.y[index]);
    });
  });
  const sorted = [...rows].sort(([one], [other]) => compare(one ?? Infinity, other ?? Infinity));
  return [[first, ...columns.map(({ name }) => name)], ...sorted.map(([at, row]) => [x(at), ...row])];
}
