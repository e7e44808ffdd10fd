/** Comma-separated values (RFC 4180). */

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** What spreadsheets take for the beginning of a formula, in its wide forms, too. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Quoted where it has to be; what a spreadsheet would run as a formula, and is no number, begins with an apostrophe. */
export function csvField(words: string): string {
  const safe = FORMULA.test(words) && !NUMBER.test(words) ? `'${words}` : words;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}
