/**
 * The document of a `deck.html`, as `livedeck/deck/snapshot.py` writes it: JSON, in which a long text of an element's may
 * be only where it stands in the page's `<noscript>`, `[start, length(, depth(, plain))]` in bytes of the file. Without
 * scripts that is the page's content; with them, it is text that nobody has touched.
 */
import { TRAITS, type Document, type Element } from "../protocol/deck.gen";

/** Of frames that a text stands in. */
const MOST_DEPTH = 2;

type TextRange = readonly [start: number, length: number, depth?: number, plain?: number];

/** `written`: the characters of the `<noscript>`; `start`: the byte of the file that they begin at. */
export function savedDocument(json: string, written: string, start: number): Document {
  const document = JSON.parse(json) as Document;
  let bytes: Uint8Array | null = null;
  const restored = (element: Element): Element => {
    const field = TRAITS[element.kind]?.raw ?? "";
    const range = (element as unknown as Record<string, unknown>)[field];
    if (!isTextRange(range)) return element;
    bytes ??= new TextEncoder().encode(written);
    return { ...element, [field]: textAt(bytes, range, start) };
  };
  const { decks = [] } = document;
  return { ...document, decks: decks.map((deck) => ({ ...deck, elements: deck.elements.map(restored) })) };
}

function isTextRange(value: unknown): value is TextRange {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function textAt(bytes: Uint8Array, [start, length, depth = 0, plain = 0]: TextRange, first: number): string {
  let text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start - first, start - first + length));
  // In this order no replacement makes a reference that was none.
  for (let level = Math.min(depth, MOST_DEPTH); level > 0; level--) text = text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  return plain ? text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&") : text;
}
