/**
 * Maths in Markdown: `$...$` in a line, `$$...$$` by itself. What is maths and what is money is told as pandoc tells it, and
 * as `livedeck/deck/maths.py` does: within single dollars no white space stands at either end, and no digit comes behind. What has
 * more than 10,000 characters is no formula.
 */
import type { TokenizerAndRendererExtension, Tokens } from "marked";
import type { DrawMaths } from "./mathsScript";

const INLINE = /^\$(?![\s$])((?:\\[\s\S]|[^\\$]){0,9999}(?:\\[\s\S]|[^\\$\s]))\$(?!\d)/;
const INLINE_DISPLAY = /^\$\$((?:\\[\s\S]|\$(?!\$)|[^\\$]){1,9999}?)\$\$/;
const BLOCK = /^ {0,3}\$\$((?:\\[^\n]|\$(?!\$)|[^\\$\n]|\\?\n(?![ \t]*(?:\n|$))){1,9999}?)\$\$[ \t]*(?:\n+|$)/;

interface Maths extends Tokens.Generic {
  readonly text: string;
  readonly display: boolean;
}

/** @param written puts text into HTML. */
export function mathsExtensions(written: (text: string) => string): TokenizerAndRendererExtension[] {
  const renderer = (token: Tokens.Generic) => {
    const { text, display } = token as Maths;
    const [name, mark] = display ? ["ld-math ld-math-display", "$$"] : ["ld-math", "$"];
    return `<code class="${name}">${mark}${written(text)}${mark}</code>`;
  };
  return [
    {
      name: "maths",
      level: "inline",
      start: (source) => source.indexOf("$"),
      tokenizer(source) {
        const display = INLINE_DISPLAY.exec(source);
        const found = display ?? INLINE.exec(source);
        return found ? { type: "maths", raw: found[0], text: found[1] ?? "", display: display !== null } : undefined;
      },
      renderer,
    },
    {
      name: "mathsBlock",
      level: "block",
      start: startOfBlock,
      tokenizer(source) {
        const found = BLOCK.exec(source);
        return found ? { type: "mathsBlock", raw: found[0], text: found[1] ?? "", display: true } : undefined;
      },
      renderer,
    },
  ];
}

/** Where in a paragraph maths by itself begins. Only as far as the paragraph goes: this is asked for each. */
function startOfBlock(source: string): number | undefined {
  const end = source.indexOf("\n\n");
  return /\n {0,3}\$\$/.exec(end < 0 ? source : source.slice(0, end + 1))?.index;
}

/** Formulas as they were drawn, for as long as they are there. */
export class DrawnMaths {
  private drawn = new Map<string, Element>();

  /** Draw all formulas in a part of a page, in place of their TeX. */
  drawIn(content: ParentNode, draw: DrawMaths): void {
    const before = this.drawn;
    this.drawn = new Map();
    for (const node of content.querySelectorAll(".ld-math")) {
      const display = node.classList.contains("ld-math-display");
      const key = node.textContent;
      const formula = display ? key.slice(2, -2) : key.slice(1, -1);
      const made = this.drawn.get(key) ?? before.get(key) ?? drawnNode(formula, display, draw);
      this.drawn.set(key, made);
      node.replaceWith(made.cloneNode(true));
    }
  }
}

/** Letters that look doubled, where all fonts have them. */
const DOUBLED: Readonly<Record<string, string>> = { C: "ℂ", H: "ℍ", N: "ℕ", P: "ℙ", Q: "ℚ", R: "ℝ", Z: "ℤ" };

/** Browsers take letters of formulas from a block of Unicode that few fonts have: these are the text's own, slanted. */
function dress(letter: Element): void {
  const variant = letter.getAttribute("mathvariant");
  const doubled = variant === "double-struck" ? DOUBLED[letter.textContent] : undefined;
  if (doubled !== undefined) letter.textContent = doubled;
  if (/^.$/u.test(letter.textContent)) letter.classList.add("ld-math-letter");
  if (variant === null && doubled === undefined) letter.classList.add("ld-math-slanted");
  if (variant?.startsWith("bold")) letter.classList.add("ld-math-bold");
}

function drawnNode(formula: string, display: boolean, draw: DrawMaths): Element {
  const node = document.createElement(display ? "div" : "span");
  node.className = display ? "ld-math ld-math-display" : "ld-math";
  try {
    node.innerHTML = draw(formula, display);
    node.querySelector("annotation")?.remove(); // the TeX once more, which would be part of headings' names
    for (const letter of node.querySelectorAll("mi")) dress(letter);
  } catch (error) {
    node.classList.add("ld-math-wrong");
    const source = document.createElement("code");
    source.textContent = formula.trim();
    const why = document.createElement("span");
    why.textContent = error instanceof Error ? error.message : String(error);
    node.replaceChildren(source, " ", why);
  }
  return node;
}
