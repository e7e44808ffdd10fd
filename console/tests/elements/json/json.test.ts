// @vitest-environment jsdom
/** Data as a tree: read where one looks, whatever its size and depth. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { membersOf, pathOf, rootOf, search, shownWords } from "../../../src/elements/json/scan";
import { JsonView } from "../../../src/elements/json/view";

const keys = (text: string) => membersOf(text, rootOf(text)).map(({ key }) => key);
const words = (text: string) => membersOf(text, rootOf(text)).map((value) => shownWords(text, value));

describe("reading", () => {
  it.each([
    ['{"a": 1, "b\\"": [1, {"c": "]"}], "": null}', ["a", 'b"', ""], ["1", '[1, {"c": "]"}]', "null"]],
    ["[1, 9223372036854775808, NaN, -Infinity, \"x\\ny\"]", [0, 1, 2, 3, 4], ["1", "9223372036854775808", "NaN", "-Infinity", "x\ny"]],
    ['{"__proto__": 1, "constructor": 2}', ["__proto__", "constructor"], ["1", "2"]],
    ["{}", [], []],
    [" [ ] ", [], []],
    ["", [], []],
    ["[1, 2", [0], ["1"]],
    ["[}{][", [], []],
    ['{"a" 1 "b', ["a"], ["1"]],
    ['["never ends', [0], ['"never ends']],
  ])("finds the members of %s", (text, names, values) => {
    expect(keys(text)).toEqual(names);
    expect(words(text)).toEqual(values);
  });

  it("searches names and values, where they are", () => {
    const text = '{"Name": "x", "list": [1, {"name": "NAME"}], "other": "a name, too"}';
    expect(search(text, "name", 10).map(pathOf)).toEqual([".Name", ".list[1].name", ".other"]);
    expect(search(text, "name", 1)).toHaveLength(1);
    expect(search('{"a b": {"c": 10}}', "10", 9).map(pathOf)).toEqual(['["a b"].c']);
  });

  it("minds neither depth nor what is no JSON", () => {
    const deep = "[".repeat(500_000);
    expect(membersOf(deep, rootOf(deep))).toHaveLength(1);
    expect(search(deep, "x", 9)).toEqual([]);
    expect(search("]]]},,,:\"", "x", 9)).toEqual([]);
    expect(search('{"a": "<img>"', "img", 9)).toEqual([["a"]]);
  });
});

describe("the tree", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const shown = (text: string, more: object = {}): JsonView => {
    const view = new JsonView();
    document.body.replaceChildren(view.node);
    view.update({ kind: "json", id: "j", text, ...more });
    return view;
  };
  const rows = () => [...document.querySelectorAll<HTMLElement>(".ld-json-row")];
  const paths = () => rows().map(({ dataset }) => dataset["path"]);
  const press = (key: string) => document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

  it("is unfolded as far as its author says, then as its viewer does, also when the data changes", () => {
    const view = shown('{"a": {"b": {"c": 1}}, "d": 2}', { unfold: 2 });
    expect(paths()).toEqual([".", ".a", ".a.b", ".d"]);
    rows()[2]?.click();
    expect(paths()).toEqual([".", ".a", ".a.b", ".a.b.c", ".d"]);
    view.update({ kind: "json", id: "j", text: '{"a": {"b": {"c": 5, "e": "<b>"}}}', unfold: 2 });
    expect(paths()).toEqual([".", ".a", ".a.b", ".a.b.c", ".a.b.e"]);
    expect(rows()[4]?.querySelector(".ld-json-string")?.textContent).toBe('"<b>"');
    expect(document.querySelector("b")).toBeNull();
  });

  it("is walked through by keyboard, as trees are", () => {
    shown('{"a": {"b": 1}, "c": 2}');
    rows()[0]?.focus();
    press("ArrowDown");
    press("ArrowRight");
    press("ArrowRight");
    expect((document.activeElement as HTMLElement).dataset["path"]).toBe(".a.b");
    press("ArrowLeft");
    press("ArrowLeft");
    expect(paths()).toEqual([".", ".a", ".c"]);
    press("End");
    expect((document.activeElement as HTMLElement).dataset["path"]).toBe(".c");
  });

  it("shows very many members as they are asked for", () => {
    shown(JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index)), { unfold: 20 });
    expect(rows()).toHaveLength(202);
    expect(rows().at(-1)?.textContent).toBe("99,800 more");
    rows().at(-1)?.click();
    expect(rows()).toHaveLength(402);
  });

  it("shows what is searched for, and all again when nothing is", () => {
    shown('{"a": {"b": "needle"}, "c": [1, 2], "needles": 0}');
    const field = document.querySelector("input");
    const type = (said: string) => {
      if (field) field.value = said;
      field?.dispatchEvent(new Event("input"));
      vi.runAllTimers();
    };
    type("NEEDLE");
    expect(paths()).toEqual([".", ".a", ".a.b", ".needles"]);
    expect(document.querySelector("[role=status]")?.textContent).toBe("2 places");
    type("");
    expect(paths()).toEqual([".", ".a", ".c", ".needles"]);
  });
});
