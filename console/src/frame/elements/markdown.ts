/** CommonMark with tables. Raw HTML in it is shown as text, as `livedeck.deck.snapshot` does. */
import { Marked } from "marked";
import type { Markdown } from "../../protocol/deck.gen";
import { elementNode, type ElementView } from "./element";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: { html: ({ text }) => escapeHtml(text) },
  tokenizer: { del: () => undefined, url: () => undefined },
});

export function renderMarkdown(text: string): string {
  return marked.parse(text, { async: false });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

export class MarkdownView implements ElementView<Markdown> {
  readonly kind = "markdown";
  readonly node = elementNode("markdown");
  private shown = "";

  update({ text }: Markdown): void {
    if (text === this.shown) return;
    this.shown = text;
    this.node.innerHTML = renderMarkdown(text);
  }
}
