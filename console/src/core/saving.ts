/** Files that a Deck gives the viewer to save. */
import type { FrameSave } from "../protocol/live.gen";
import { cleanedSvg } from "./svg";

export type Saved = Pick<FrameSave, "form" | "text">;

interface Form {
  /** What every such file is called: a Deck has no say in it. */
  readonly name: string;
  readonly type: string;
  /** What is saved for a text; null: it is not of this form, and nothing is. */
  readonly content: (text: string) => string | Uint8Array<ArrayBuffer> | null;
}

const FORMS: Readonly<Record<Saved["form"], Form>> = {
  csv: { name: "table.csv", type: "text/csv;charset=utf-8", content: (text) => text },
  png: { name: "chart.png", type: "image/png", content: png },
  svg: { name: "chart.svg", type: "image/svg+xml", content: cleanedSvg },
};
const PNG_BEGINS = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Characters of a file: the largest Deck as a table has fewer. */
const LONGEST = 2 ** 27;
/** Characters of a picture, which is read before it is saved. */
const LONGEST_PICTURE = 2 ** 24;

/** Milliseconds after which the browser has certainly begun to save. */
const TAKEN_MS = 60_000;

/** A click counts for some seconds: a script may not have saved as many files as it likes meanwhile. */
const ONE_EVERY_MS = 1000;
let savedAt = -Infinity;

/** Whether scripts of a Deck, which may ask for anything, ask for a file of a form that there is. */
export function isSaved(asked: unknown): asked is Saved {
  if (typeof asked !== "object" || asked === null || !("form" in asked) || !("text" in asked)) return false;
  const { form, text } = asked;
  if (typeof form !== "string" || !Object.hasOwn(FORMS, form) || typeof text !== "string") return false;
  return text.length <= (form === "csv" ? LONGEST : LONGEST_PICTURE);
}

/**
 * Save what a Deck's frame asks to, if the viewer has clicked or typed in the page or the frame just now: its scripts may
 * ask at any time. Returns whether it was saved.
 */
export function saveForViewer(asked: Saved): boolean {
  // Older browsers do not say; there nothing is saved.
  const active = (navigator.userActivation as UserActivation | undefined)?.isActive ?? false;
  const now = performance.now();
  if (!active || now - savedAt < ONE_EVERY_MS) return false;
  savedAt = now;
  return saveFile(asked);
}

/** Save it, if it is what its form says. */
export function saveFile({ form, text }: Saved): boolean {
  const { name, type, content } = FORMS[form];
  const saved = content(text);
  if (saved === null) return false;
  const address = URL.createObjectURL(new Blob([saved], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), TAKEN_MS);
  return true;
}

/** The bytes of a PNG in base64. */
function png(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return PNG_BEGINS.every((byte, index) => bytes[index] === byte) ? bytes : null;
}
