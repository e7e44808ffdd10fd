/** How many rows a table shows, of how many. */
import type { Table } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";

/** @param shown rows that the viewer's search and filters have left. */
export function counted(shown: number, table: Table): string {
  const { rows = [], total = 0, profile } = table;
  const all = Math.max(total, rows.length);
  const words = `${formatNumber(all)} row${all === 1 ? "" : "s"}`;
  if (profile) {
    const found = shown < rows.length ? `${formatNumber(shown)} of ${formatNumber(rows.length)} rows shown · ` : "";
    return `${found}${words}${sampled(table, profile)}`;
  }
  const first = rows.length < all ? `, the first ${formatNumber(rows.length)} are here` : "";
  return shown < rows.length ? `${formatNumber(shown)} of ${words}${first}` : `${words}${first}`;
}

/** What is shown of data that is too large; `livedeck/deck/kinds/table.py` says the same. */
function sampled({ columns = [], rows = [] }: Table, profile: NonNullable<Table["profile"]>): string {
  const { width = 0, rows: summaries = [] } = profile;
  const held = Math.min(profile.sampled, rows.length);
  const part = columns.length < width ? `, in ${formatNumber(columns.length)} of ${formatNumber(width)} columns` : "";
  const whose = summaries.length < width ? `${formatNumber(summaries.length)} columns` : "each column";
  const summary = summaries.length > 0 ? `, and a summary of ${whose}` : "";
  const added = rows.length - held;
  return `: a sample of ${formatNumber(held)}${part}${summary}${added > 0 ? `; ${formatNumber(added)} added since` : ""}`;
}
