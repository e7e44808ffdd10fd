/**
 * Plain text. Its lines stand in blocks, so that what is appended lays out the last of them anew and not the whole text.
 * The end stays in sight while the viewer has it there.
 */
import type { Text } from "../../protocol/deck.gen";
import type { ElementView, Viewing } from "../kind";
import { lineageOf } from "../lineage";

/** Characters from which on a block is complete with its next line. */
const BLOCK = 8192;
/** Pixels from the end that still count as the end. */
const NEAR = 4;

export class TextView implements ElementView<Text> {
  readonly kind = "text";
  readonly node = document.createElement("pre");
  private lineage: object | null = null;
  private shown = 0;
  /** The block that what is appended goes into; null where that begins a new one. */
  private open: globalThis.Text | null = null;

  constructor() {
    this.node.className = "ld-element ld-text";
    this.node.tabIndex = 0; // what scrolls is to be reached by the keyboard
  }

  update(next: Text): void {
    const { text } = next;
    const lineage = lineageOf(next);
    const atEnd = this.isAtEnd();
    const follows = lineage === this.lineage;
    if (!follows) this.clear();
    this.append(text.slice(this.shown));
    this.lineage = lineage;
    this.shown = text.length;
    if (follows && atEnd) this.node.scrollTop = this.node.scrollHeight;
  }

  private isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.node;
    return scrollTop + clientHeight >= scrollHeight - NEAR;
  }

  private clear(): void {
    this.node.replaceChildren();
    this.open = null;
    this.shown = 0;
  }

  private append(text: string): void {
    for (let begin = 0; begin < text.length; ) {
      const block = this.open ?? this.block();
      const end = endOfLine(text, begin + Math.max(0, BLOCK - block.length));
      block.appendData(text.slice(begin, end));
      this.open = block.length >= BLOCK && block.data.endsWith("\n") ? null : block;
      begin = end;
    }
  }

  private block(): globalThis.Text {
    const text = document.createTextNode("");
    this.node.appendChild(document.createElement("div")).append(text);
    return text;
  }
}

/** Behind the first line that ends at a place or later; at the end of the text if none does. */
function endOfLine(text: string, from: number): number {
  const found = text.indexOf("\n", from);
  return found < 0 ? text.length : found + 1;
}

export const viewing: Viewing<Text> = { View: TextView };
