/** A heat map to which rows are appended, without copying those that it has. */
import type { Heatmap, HeatRow } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

/** The lists of rows that are the document's own, with the state that has all of each. */
const OWN = new WeakMap<readonly HeatRow[], Heatmap>();

export const applying: Applying<Heatmap> = {
  extend(before, more) {
    const held = before.rows ?? [];
    const rows = OWN.get(held) === before ? (held as HeatRow[]) : [...held];
    for (const row of more.rows ?? []) rows.push(row);
    const [known, others] = [before.columns ?? [], more.columns ?? []];
    const columns = others.length > known.length ? others : known;
    const notes = new Map(Object.entries(before.notes ?? {}));
    for (const [words, count] of Object.entries(more.notes ?? {})) notes.set(words, (notes.get(words) ?? 0) + count);
    const after: Heatmap = {
      ...before,
      ...(columns.length > 0 && { columns }),
      ...(rows.length > 0 && { rows }),
      ...(notes.size > 0 && { notes: Object.fromEntries(notes) }),
    };
    OWN.set(rows, after);
    return after;
  },
  own(heatmap) {
    if (heatmap.rows) OWN.set(heatmap.rows, heatmap);
  },
  keep({ rows = [] }) {
    OWN.delete(rows);
  },
};
