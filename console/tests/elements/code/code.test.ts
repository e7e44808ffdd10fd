// @vitest-environment jsdom
/** Code: words by what they are, lines by their numbers, in time that grows with the text. */
import { describe, expect, it } from "vitest";
import { CodeView, linesOf } from "../../../src/elements/code/view";
import { tokensOf } from "../../../src/elements/highlighting";
import type { Code } from "../../../src/protocol/deck.gen";

const told = (text: string, language: string) => tokensOf(text, language).filter(({ kind }) => kind !== "").map(({ kind, text: words }) => `${kind}:${words}`);

describe("words", () => {
  it.each([
    ["python", 'def f(x):  # note\n  return "a\\"b" + 1.5e3', ["keyword:def", "name:f", "comment:# note", "keyword:return", 'text:"a\\"b"', "number:1.5e3"]],
    ["py", '"""doc\nmore""" if x2 else None', ['text:"""doc\nmore"""', "keyword:if", "keyword:else", "keyword:None"]],
    ["json", '{"a": [1, true, "s"]}', ['name:"a"', "number:1", "keyword:true", 'text:"s"']],
    ["yaml", "key: value # c\nother: 'x'", ["name:key", "comment:# c", "name:other", "text:'x'"]],
    ["SQL", "select a FROM t -- c\nwhere b = 'it''s'", ["keyword:select", "keyword:FROM", "comment:-- c", "keyword:where", "text:'it'", "text:'s'"]],
    ["ts", "const a = `x\n${y}`; /* c\nd */ f(0xff)", ["keyword:const", "text:`x\n${y}`", "comment:/* c\nd */", "name:f", "number:0xff"]],
    ["diff", "@@ 1 @@\n+in\n-out\n same", ["keyword:@@ 1 @@\n", "plus:+in\n", "minus:-out\n"]],
    ["html", '<a href="x"><!-- c --></a>', ["keyword:a", "name:href", 'text:"x"', "comment:<!-- c -->", "keyword:a"]],
    ["python", '"never ends\nx = 1', ['text:"never ends', "number:1"]],
    ["__proto__", "def f(): pass", []],
    ["", "def f(): pass", []],
  ])("of %s: %s", (language, text, expected) => {
    expect(told(text, language)).toEqual(expected);
  });

  it.each(["python", "ts", "json", "sql", "html", "diff", "rust"])("of %s are the text, whatever it is", (language) => {
    for (const text of ['"'.repeat(50_000), "`\\".repeat(20_000), "/*".repeat(30_000), "<!--".repeat(20_000), "a".repeat(100_000), "0x".repeat(30_000), "\ud800é\u0000\r\n'", "1e".repeat(30_000), " ".repeat(90_000)]) {
      expect(tokensOf(text, language).map((token) => token.text).join("")).toBe(text);
    }
  });

  it("stand in their lines", () => {
    expect(linesOf([{ kind: "text", text: "a\nb" }, { kind: "", text: "c\n\n" }])).toEqual([[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }, { kind: "", text: "c" }], []]);
    expect(linesOf([{ kind: "", text: "" }])).toEqual([[]]);
  });
});

describe("a block", () => {
  const code = (text: string, more: Partial<Code> = {}): Code => ({ kind: "code", id: "c", text, ...more });

  it("has numbers, marked lines, and text as text", () => {
    const view = new CodeView();
    view.update(code("a\n<b>\nc\n", { language: "python", first: 10, marked: [[11, 12], [500, 10_000_000], [1, 2]] }));
    const lines = [...view.node.querySelectorAll<HTMLElement>(".ld-code-line")];
    expect(lines.map((line) => line.textContent)).toEqual(["a\n", "<b>\n", "c\n"]);
    expect(lines.map((line) => line.hasAttribute("data-marked"))).toEqual([false, true, true]);
    view.update(code("a\n<b>\nc\n", { language: "python", first: 10, marked: [[10, 10]] }));
    expect([...view.node.querySelectorAll(".ld-code-line")]).toEqual(lines);
    expect(lines.map((line) => line.hasAttribute("data-marked"))).toEqual([true, false, false]);
  });

  it("wraps lines where that is wanted", () => {
    const view = new CodeView();
    view.update(code("a"));
    const wrap = [...view.node.querySelectorAll("button")].find((each) => each.textContent === "Wrap");
    wrap?.click();
    expect(view.node.hasAttribute("data-wrapped")).toBe(true);
    expect(wrap?.getAttribute("aria-pressed")).toBe("true");
  });
});
