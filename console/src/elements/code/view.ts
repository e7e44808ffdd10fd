/** Code: a line is a block, with its number before it, so that both stay together where lines are wrapped. */
import type { Code } from "../../protocol/deck.gen";
import { copySelected } from "../copying";
import { child, elementNode, setText } from "../dom";
import { highlighted, tokensOf, type Token } from "../highlighting";
import type { ElementView, Viewing } from "../kind";

/** Lines that are shown. */
const MOST_LINES = 20_000;

export class CodeView implements ElementView<Code> {
  readonly kind = "code";
  readonly node = elementNode("code");
  private readonly head = child(this.node, "div", "ld-code-head");
  private readonly title = child(this.head, "h3", "ld-code-title");
  private readonly language = child(this.head, "span", "ld-code-language");
  private readonly wrap = button(this.head, "Wrap");
  private readonly copied = button(this.head, "Copy");
  private readonly lines = child(this.node, "div", "ld-code-lines");
  private readonly text = child(this.lines, "pre", "ld-code-text");
  private readonly note = child(this.node, "p", "ld-code-note");
  private code: Code | null = null;

  constructor() {
    this.lines.tabIndex = 0; // what scrolls is to be reached by the keyboard
    this.wrap.setAttribute("aria-pressed", "false");
    this.wrap.addEventListener("click", () => {
      const wrapped = this.node.toggleAttribute("data-wrapped");
      this.wrap.setAttribute("aria-pressed", String(wrapped));
    });
    this.copied.addEventListener("click", () => {
      setText(this.copied, copySelected(this.code?.text ?? "", this.node) ? "Copied" : "Not copied");
      setTimeout(() => setText(this.copied, "Copy"), 1500);
    });
  }

  update(next: Code): void {
    const before = this.code;
    this.code = next;
    const { text, language = "", title = "", first = 1, marked = [] } = next;
    setText(this.title, title);
    setText(this.language, language);
    this.lines.setAttribute("aria-label", title === "" ? "Code" : title);
    if (before?.text !== text || before.language !== next.language) this.write(linesOf(tokensOf(text, language)));
    this.text.style.counterReset = `line ${first - 1}`;
    this.text.style.setProperty("--ld-digits", String(String(first + this.text.children.length).length));
    const marks = new Set(marked.flatMap(([begin = 0, end = 0]) => range(Math.max(begin, first), Math.min(end, first + this.text.children.length))));
    [...this.text.children].forEach((line, index) => line.toggleAttribute("data-marked", marks.has(first + index)));
  }

  private write(lines: readonly (readonly Token[])[]): void {
    const shown = lines.slice(0, MOST_LINES).map((tokens) => {
      const line = document.createElement("span");
      line.className = "ld-code-line";
      line.append(...highlighted(tokens), "\n");
      return line;
    });
    this.text.replaceChildren(...shown);
    this.note.hidden = lines.length <= MOST_LINES;
    setText(this.note, `The first ${MOST_LINES} of ${lines.length} lines; a copy has all of them.`);
  }
}

function range(begin: number, end: number): number[] {
  return end < begin ? [] : Array.from({ length: end - begin + 1 }, (_, index) => begin + index);
}

/** Tokens by lines, without the ends of these; one that goes over lines is in each. */
export function linesOf(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [[]];
  for (const { kind, text } of tokens) {
    text.split("\n").forEach((part, index) => {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ kind, text: part });
    });
  }
  if (lines.length > 1 && lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function button(parent: HTMLElement, name: string): HTMLButtonElement {
  const made = child(parent, "button", "ld-small-button") as HTMLButtonElement;
  made.type = "button";
  made.textContent = name;
  return made;
}

export const viewing: Viewing<Code> = { View: CodeView };
