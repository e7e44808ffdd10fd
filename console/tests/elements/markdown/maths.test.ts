// @vitest-environment jsdom
/** Maths in Markdown: what is maths, how it is drawn, and what hostile formulas come to. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mathsScript, onMathsNeeded } from "../../../src/elements/markdown/mathsScript";
import { MarkdownView } from "../../../src/elements/markdown/view";

function shown(text: string): HTMLElement {
  const view = new MarkdownView();
  view.update({ kind: "markdown", id: "m", text });
  return view.node;
}

beforeEach(() => {
  onMathsNeeded(() => new Promise(() => undefined));
});

afterEach(() => {
  delete window.livedeckMaths;
});

/** As in `tests/deck/test_maths.py`. */
describe("what is maths", () => {
  it.each([
    ["a $x_1^2$ b_1_", ["$x_1^2$"]],
    ["$x$, ($y$)", ["$x$", "$y$"]],
    ["$5 and $6", []],
    ["$20,000 and USD$30,000", []],
    ["$ x$ $x $", []],
    ["\\$x$ y$", []],
    ["$\\$$ and $x\\\\$", ["$\\$$", "$x\\\\$"]],
    ["`$x$`", []],
    ["```\n$x$\n```", []],
    ["    $x$", []],
    ["$$\nx = y\n= z\n- 1\n$$", ["$$\nx = y\n= z\n- 1\n$$"]],
    ["t\n$$\na\n$$\nafter", ["$$\na\n$$"]],
    ["> $$\n> x\n> $$", ["$$\nx\n$$"]],
    ["- $$x$$\n- b", ["$$x$$"]],
    ["a $$x$$ b", ["$$x$$"]],
    ["$$\nunfinished\n\nx$$", []],
    ["| a |\n|-|\n| $x$ |", ["$x$"]],
    ["# $x$", ["$x$"]],
    ["$$", []],
    ["$$$$", []],
    ["**$x$**", ["$x$"]],
  ] as const)("%j", (text, formulas) => {
    const found = [...shown(text).querySelectorAll(".ld-math")];
    expect(found.map((node) => node.textContent)).toEqual(formulas);
  });

  it("of a text with very many dollars is found out soon", () => {
    for (const text of ["$a ".repeat(20_000), "$$a ".repeat(20_000), `$${"a".repeat(200_000)}`, "$$\n".repeat(5000), `$${" ".repeat(50_000)}$`]) {
      expect(shown(text).textContent.length).toBeGreaterThan(0);
    }
  });
});

describe("the script that draws it", () => {
  it("is asked for once there is maths, and formulas stand as they were written until it is there", async () => {
    const asked = vi.fn(() => Promise.resolve("window.livedeckMaths = (formula, display) => `<math>${display}: ${formula}</math>`"));
    onMathsNeeded(asked);
    shown("words");
    expect(asked).not.toHaveBeenCalled();
    const node = shown("$x$");
    document.body.replaceChildren(node);
    shown("$y$");
    expect(node.querySelector("code")?.textContent).toBe("$x$");
    expect(asked).toHaveBeenCalledOnce();
    window.livedeckMaths = (formula, display) => `<math>${display}: ${formula}</math>`; // scripts do not run here
    await vi.waitFor(() => expect(node.querySelector("math")?.textContent).toBe("false: x"));
  });

  it("is asked for again where it was not there", async () => {
    onMathsNeeded(() => Promise.reject(new Error("away")));
    await expect(mathsScript()).rejects.toThrow("away");
    await expect(mathsScript()).rejects.toThrow("away");
    const node = shown("$x$");
    await vi.waitFor(() => expect(node.dataset["maths"]).toContain("away"));
    expect(node.textContent.trim()).toBe("$x$");
  });
});

describe("drawn by KaTeX", () => {
  beforeEach(async () => {
    window.livedeckMaths = (await import("../../../src/maths/draw")).draw;
  });

  it("is MathML, in a line or by itself, and the TeX is not there once more", () => {
    const node = shown("# Loss $x^2$\n\n$$\\frac{1}{2}$$");
    expect(node.querySelector("h1 msup")).not.toBeNull();
    expect(node.querySelector("math[display=block] mfrac")).not.toBeNull();
    expect(node.querySelector("h1")?.textContent).toBe("Loss x2");
  });

  it("shows what is wrong with a formula, beside it", () => {
    const node = shown("good $x$, bad $\\frac{$ end");
    expect(node.querySelectorAll("math")).toHaveLength(1);
    expect(node.querySelector(".ld-math-wrong code")?.textContent).toBe("\\frac{");
    expect(node.querySelector(".ld-math-wrong span")?.textContent).toMatch(/^KaTeX parse error: /);
  });

  it("stays the node's own where the same formula is there again", async () => {
    const draw = vi.spyOn(window, "livedeckMaths" as never);
    const view = new MarkdownView();
    view.update({ kind: "markdown", id: "m", text: "$x$" });
    view.update({ kind: "markdown", id: "m", text: "$x$ and $x$ and $y$" });
    // Where the first took long the second is not at once.
    await vi.waitFor(() => expect(view.node.querySelectorAll("math")).toHaveLength(3), { timeout: 30_000 });
    expect(draw).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["a macro that calls itself", "\\def\\a{\\a}\\a"],
    ["macros that double", `${Array.from({ length: 40 }, (_, n) => `\\def\\${letters(n + 1)}{\\${letters(n)}\\${letters(n)}}`).join("")}\\${letters(40)}`],
    ["very deep", "{".repeat(4000) + "x" + "}".repeat(4000)],
    ["very deep fractions", "\\frac{1}{".repeat(1000) + "x" + "}".repeat(1000)],
    ["unfinished", "\\begin{matrix}".repeat(300)],
  ])("%s ends, as a formula or as words about it", (_, formula) => {
    const node = shown(`$${formula}$`);
    expect(node.querySelectorAll(".ld-math")).toHaveLength(1);
  });

  it("has sizes that are bounded", () => {
    const node = shown("$\\rule{9999em}{9999em}\\kern9999em x$");
    const sizes = [...node.querySelectorAll("*")].flatMap((each) => ["width", "height", "lspace"].map((name) => parseFloat(each.getAttribute(name) ?? "0")));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40);
  });

  it.each([
    "\\href{javascript:alert(1)}{x}", "\\url{javascript:alert(1)}", "\\includegraphics{https://example.org/x.png}",
    "\\htmlData{x=1}{x}", "\\htmlStyle{color:red}{x}", "\\htmlClass{x}{y}", "\\htmlId{x}{y}",
    "\\text{<img src=x onerror=alert(1)>}", "\\class{x}{y}", "\\style{color:red}{x}", "\\unicode{x}", "\\color{red;background:url(x)}x",
  ])("reaches nothing: %s", (formula) => {
    const node = shown(`$${formula}$`);
    expect(node.querySelector("a, img, script, [href], [src], [onerror], .x, .y, [id], [data-x]")).toBeNull();
    for (const each of node.querySelectorAll("[style]")) expect(each.getAttribute("style")).not.toContain("url");
  });
});

/** A name of a macro, which has letters alone. */
function letters(number: number): string {
  return `m${String.fromCharCode(97 + Math.floor(number / 26), 97 + (number % 26))}`;
}
