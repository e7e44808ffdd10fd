/** Names that tasks and their authors chose, within words of ours. */

/** What turns the direction of the text behind it. */
export const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Letters that are written from right to left, and what turns text. */
const DIRECTED = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const [ISOLATE, POP] = ["\u2068", "\u2069"];

/**
 * Words with names in them, each of which turns the direction (U+202E, or Hebrew letters) of itself only: for titles,
 * labels and whatever else is plain text. Where there are elements they do it (`ui/base.css`).
 */
export function words(text: TemplateStringsArray, ...names: readonly (string | number)[]): string {
  return text.reduce((whole, piece, index) => `${whole}${isolated(String(names[index - 1] ?? ""))}${piece}`);
}

function isolated(name: string): string {
  return DIRECTED.test(name) ? `${ISOLATE}${name.replace(TURNS, "")}${POP}` : name;
}
