// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applying, BLOCK } from "../../../src/elements/log/apply";
import { cellsOf, LINE, LogRows } from "../../../src/elements/log/rows";
import { LogView } from "../../../src/elements/log/view";
import type { Log } from "../../../src/protocol/deck.gen";

vi.hoisted(() => {
  vi.stubGlobal("ResizeObserver", class { observe = () => undefined; disconnect = () => undefined; });
});

type Given = string | readonly [text: string, level: number];

/** A log of one block, one second between two lines. */
function log(lines: readonly Given[], more: Partial<Log> = {}): Log {
  const pairs = lines.map((each) => (typeof each === "string" ? ([each, 20] as const) : each));
  const block = { text: pairs.map(([text]) => `${text}\n`).join(""), levels: pairs.map(([, level]) => level), times: pairs.map((_, at) => (at ? 1000 : 1e12)) };
  return { kind: "log", id: "l", title: "training", ...(lines.length > 0 && { blocks: [block] }), ...more };
}

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `line ${from + n}`);
const rowsOf = (state: Log, level = 0, columns = 0) => {
  const rows = new LogRows();
  rows.update(state, { level, columns });
  return rows;
};
const texts = (rows: LogRows) => Array.from({ length: rows.count }, (_, row) => rows.line(row).text);

describe("applying", () => {
  it("fills the last block, then begins further ones, in whatever pieces lines come", () => {
    const whole = applying.extend(log([]), log(numbered(600)));
    let pieces = log([]);
    for (let at = 0; at < 600; at += 7) pieces = applying.extend(pieces, log(numbered(Math.min(7, 600 - at), at)));
    expect(whole.blocks?.map(({ levels }) => levels.length)).toEqual([BLOCK, BLOCK, 600 - 2 * BLOCK]);
    expect(pieces.blocks?.map(({ text }) => text)).toEqual(whole.blocks?.map(({ text }) => text));
    expect(texts(rowsOf(pieces))).toEqual(numbered(600));
  });

  it("replaces the last lines, across blocks, and counts those that it has not", () => {
    const before = applying.extend(log([]), log(numbered(BLOCK + 2)));
    const after = applying.extend(before, log(["new"], { replaced: 4 }));
    expect(texts(rowsOf(after))).toEqual([...numbered(BLOCK - 2), "new"]);
    expect(applying.extend(log(["a"], { first: 5 }), log(["b"], { replaced: 3 }))).toMatchObject({ first: 3, replaced: 2 });
  });

  it("keeps times", () => {
    const rows = rowsOf(applying.extend(log(["a", "b"]), log(["c", "d"])));
    expect([0, 1, 2, 3].map((row) => rows.line(row).time - 1e12)).toEqual([0, 1000, 0, 1000]);
  });
});

describe("LogRows", () => {
  const state = applying.extend(log([]), log(numbered(1000).map((text, n) => [text, n % 10 ? 20 : 40] as const)));

  it("shows lines from a level on, and finds rows by pixel and by number", () => {
    const rows = rowsOf(state, 40);
    expect(rows.count).toBe(100);
    expect(rows.line(99)).toMatchObject({ text: "line 990", level: 40, number: 990 });
    expect([rows.rowOf(990), rows.rowOf(985), rows.rowOf(5000)]).toEqual([99, 99, 99]);
    expect([rows.at(0), rows.at(45 * LINE + 3), rows.at(1e9)]).toEqual([0, 45, 99]);
    expect(rows.top(45)).toBe(45 * LINE);
    expect(rowsOf(state, 50).count).toBe(0);
  });

  it("knows how tall wrapped lines are", () => {
    const rows = rowsOf(log(["short", "x".repeat(25), "", "\x1b[31mred\x1b[0m"]), 0, 10);
    expect([0, 1, 2, 3, 4].map((row) => rows.top(row) / LINE)).toEqual([0, 1, 4, 5, 6]);
    expect([rows.at(3.5 * LINE), rows.at(4.5 * LINE)]).toEqual([1, 2]);
    expect([cellsOf("漢字"), cellsOf("\tx"), cellsOf("e\u0301")]).toEqual([4, 9, 1]);
  });

  it("finds words, counts them, and goes round", () => {
    const rows = rowsOf(state);
    rows.seek(/LINE 99\d/i);
    expect(rows.look(Infinity)).toBe(true);
    expect(rows.found(993)).toEqual([10, 3]);
    expect([rows.nextFound(-1, false), rows.nextFound(990, false), rows.nextFound(999, false)]).toEqual([990, 991, 990]);
    expect([rows.nextFound(1000, true), rows.nextFound(990, true)]).toEqual([999, 999]);
    rows.seek(/none such/);
    rows.look(Infinity);
    expect(rows.nextFound(0, false)).toBeNull();
  });

  it("finds words within colours", () => {
    const rows = rowsOf(log(["err\x1b[31mor\x1b[0m here"]));
    rows.seek(/error h/);
    rows.look(Infinity);
    expect(rows.found(0)).toEqual([1, 0]);
  });
});

describe("LogView", () => {
  let view: LogView;
  const lines = () => [...view.node.querySelectorAll(".ld-log-line")];
  const button = (name: string) => [...view.node.querySelectorAll("button")].find(({ textContent }) => textContent === name);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"] });
    view = new LogView();
    document.body.replaceChildren(view.node);
  });
  afterEach(() => {
    view.destroy();
    vi.useRealTimers();
  });
  const frame = () => vi.advanceTimersByTime(100);

  it("has the last lines in the page, as text, with level and time", () => {
    view.update(applying.extend(log([]), log([...numbered(5000), ["<b>\u0000", 40]])));
    expect(lines().length).toBeLessThan(60);
    const last = lines().at(-1);
    expect(last?.querySelector(".ld-log-text")?.textContent).toBe("<b>^@");
    expect(last?.querySelector(".ld-log-level")?.textContent).toBe("ERROR");
    expect(last?.getAttribute("aria-posinset")).toBe("5001");
    expect(view.node.querySelector(".ld-log-count")?.textContent).toBe("5,001 lines");
    expect(view.node.querySelector("b")).toBeNull();
  });

  it("says how many older lines are left out, and that there is none yet", () => {
    view.update(log([]));
    expect(view.node.querySelector<HTMLElement>(".ld-log-empty")?.hidden).toBe(false);
    view.update(log(["a"], { first: 12 }));
    frame();
    expect(view.node.querySelector(".ld-log-count")?.textContent).toBe("1 line, 12 older ones are left out");
  });

  it("draws anew only what has changed", () => {
    const state = log(["a", "b"]);
    view.update(state);
    const [first, second] = lines();
    const text = first?.querySelector(".ld-log-text")?.firstChild;
    view.update(applying.extend(state, log(["B", "c"], { replaced: 1 })));
    frame();
    expect(lines().slice(0, 2)).toEqual([first, second]);
    expect(lines().map((line) => line.querySelector(".ld-log-text")?.textContent)).toEqual(["a", "B", "c"]);
    expect(first?.querySelector(".ld-log-text")?.firstChild).toBe(text);
  });

  it("chooses lines by keyboard and pointer, and copies them", () => {
    view.update(log(["a", ["b", 40], "c"]));
    const list = view.node.querySelector<HTMLElement>("[role=listbox]");
    const press = (key: string, more: KeyboardEventInit = {}) => {
      list?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
      frame();
    };
    press("End");
    expect(list?.getAttribute("aria-activedescendant")).toBe(lines()[2]?.id);
    press("ArrowUp", { shiftKey: true });
    expect(lines().map((line) => line.getAttribute("aria-selected"))).toEqual(["false", "true", "true"]);
    let copied = "";
    const event = Object.assign(new Event("copy", { bubbles: true, cancelable: true }), {
      clipboardData: { setData: (_: string, words: string) => (copied = words) },
    });
    list?.dispatchEvent(event);
    expect(copied).toMatch(/^\d\d:\d\d:\d\d\.000 ERROR b\n\d\d:\d\d:\d\d\.000 INFO c$/);
    press("Escape");
    expect(button("Copy all")).toBeDefined();
    lines()[0]?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    frame();
    expect(lines()[0]?.getAttribute("aria-selected")).toBe("true");
    press("a", { ctrlKey: true });
    expect(lines().every((line) => line.getAttribute("aria-selected") === "true")).toBe(true);
  });

  it("marks what is looked for, within colours too", () => {
    view.update(log(["xx \x1b[31merr\x1b[0mor", "other"]));
    const search = view.node.querySelector<HTMLInputElement>("input");
    if (!search) throw new Error("there is no search");
    search.value = "ERROR";
    search.dispatchEvent(new Event("input"));
    frame();
    expect([...view.node.querySelectorAll("mark")].map(({ textContent }) => textContent)).toEqual(["err", "or"]);
    expect(view.node.querySelector(".ld-log-found")?.textContent).toBe("1 line");
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
    frame();
    expect(view.node.querySelector(".ld-log-found")?.textContent).toBe("1 of 1");
    expect(lines()[0]?.classList).toContain("ld-log-sought");
  });

  it("tells what has come, now and then", () => {
    const state = log(["a"]);
    view.update(state);
    vi.advanceTimersByTime(5000);
    view.update(applying.extend(state, log(["b", ["c", 30]])));
    frame();
    expect(view.node.querySelector(".ld-log-news")?.textContent).toBe("");
    vi.advanceTimersByTime(5000);
    expect(view.node.querySelector(".ld-log-news")?.textContent).toBe("2 new lines, the last: WARNING c");
  });
});
