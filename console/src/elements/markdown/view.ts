/** CommonMark with tables. Raw HTML in it is shown as text, as in `livedeck/deck/kinds/markdown.py`. */
import { Marked, type Token, type Tokens } from "marked";
import type { Markdown } from "../../protocol/deck.gen";
import { elementNode } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { errorNode } from "../failed";
import { tokensOf } from "../highlighting";
import { Pace } from "../pace";
import { withoutRefused } from "./addresses";
import { DrawnMaths, mathsExtensions } from "./maths";
import { drawerOfMaths, loadMaths } from "./mathsScript";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    code: ({ text, lang = "" }) => `<pre><code>${coloured(text, lang)}</code></pre>\n`,
  },
  extensions: mathsExtensions(escapeHtml),
  tokenizer: { del: () => undefined, url: () => undefined },
  walkTokens: (token) => {
    if (isTable(token)) alignNumbers(token);
  },
});

/** As in `livedeck/deck/tables.py`. */
const NUMBER = /^[-+\u2212]?(\d[\d,]*\.?\d*|\.\d+)(e[-+]?\d+)?\s*%?$/i;
const NOTHING = new Set(["", "-", "–", "nan", "nat", "none", "null", "<na>", "&lt;na&gt;", "inf", "-inf", "..."]);

function isTable(token: Token): token is Tokens.Table {
  return token.type === "table";
}

/** Columns of numbers of which the author has not said where they stand stand at the right. */
function alignNumbers({ header, rows }: Tokens.Table): void {
  header.forEach((head, index) => {
    const cells = rows.flatMap((row) => row[index] ?? []);
    const words = cells.map(({ text }) => text.trim().toLowerCase());
    const numeric = words.some((word) => NUMBER.test(word)) && words.every((word) => NOTHING.has(word) || NUMBER.test(word));
    if (numeric) for (const cell of [head, ...cells]) cell.align ??= "right";
  });
}

function renderMarkdown(text: string): string {
  return marked.parse(text, { async: false });
}

/** Code as HTML; the first of the words behind the fence is the language. */
function coloured(text: string, words: string): string {
  const tokens = tokensOf(`${text}\n`, words.split(/\s/, 1)[0] ?? "");
  return tokens.map((token) => (token.kind === "" ? escapeHtml(token.text) : `<span class="ld-word-${token.kind}">${escapeHtml(token.text)}</span>`)).join("");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

export class MarkdownView implements ElementView<Markdown> {
  readonly kind = "markdown";
  readonly node = elementNode("markdown");
  private text = "";
  private shown = "";
  private readonly maths = new DrawnMaths();
  private gone = false;
  private readonly pace = new Pace(() => this.draw());

  update({ text }: Markdown): void {
    this.text = text;
    if (text !== this.shown) this.pace.atOnce();
  }

  destroy(): void {
    this.gone = true;
    this.pace.stop();
  }

  private draw(): void {
    const { text } = this;
    if (text === this.shown) return;
    this.shown = text;
    try {
      const rendered = document.createElement("template");
      rendered.innerHTML = renderMarkdown(text);
      this.drawMaths(rendered.content);
      this.node.replaceChildren(withoutRefused(rendered.content));
    } catch (error) {
      // The parser is recursive: deep nesting is more than the stack holds. Here rather than in the panel, because
      // drawing may happen later, and because a text that fails slowly has to keep its pace.
      this.node.replaceChildren(errorNode("This Markdown could not be rendered", error, text));
    }
  }

  /** Formulas stand as they were written until there is what draws them. */
  private drawMaths(content: DocumentFragment): void {
    if (content.querySelector(".ld-math") === null) return;
    const draw = drawerOfMaths();
    if (draw) this.maths.drawIn(content, draw);
    else void loadMaths().then(() => this.again(), (error: unknown) => this.node.setAttribute("data-maths", String(error)));
  }

  private again(): void {
    if (this.gone) return;
    this.shown = "";
    this.pace.nextFrame();
  }
}

export const viewing: Viewing<Markdown> = { View: MarkdownView };
