// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isSaved, saveFile, saveForViewer, type Saved } from "../../src/core/saving";

let saved: string[];

beforeEach(() => {
  saved = [];
  vi.useFakeTimers();
  URL.createObjectURL = () => "blob:x";
  URL.revokeObjectURL = () => undefined;
  document.addEventListener("click", note, true);
});
afterEach(() => {
  document.removeEventListener("click", note, true);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function note(event: Event): void {
  event.preventDefault();
  if (event.target instanceof HTMLAnchorElement) saved.push(event.target.download);
}

function table(text: string): Saved {
  return { form: "csv", text };
}

const PNG = btoa("\x89PNG\r\n\x1a\nand so on");

describe("saveFile", () => {
  it.each([
    ["csv", "a,b", ["table.csv"]],
    ["png", PNG, ["chart.png"]],
    ["png", btoa("<script>alert(1)</script>"), []],
    ["png", "no base64", []],
    ["svg", '<svg xmlns="http://www.w3.org/2000/svg"/>', ["chart.svg"]],
    ["svg", "<html><script>alert(1)</script></html>", []],
  ] as const)("saves what is of its form: %s %j", (form, text, expected) => {
    expect(saveFile({ form, text })).toBe(expected.length > 0);
    expect(saved).toEqual(expected);
  });
});

describe("isSaved", () => {
  it.each([null, "csv", {}, { form: "csv" }, { form: "html", text: "" }, { form: "toString", text: "" }, { form: "csv", text: 1 }, { form: "svg", text: "x".repeat(2 ** 24 + 1) }])(
    "refuses %#",
    (asked) => expect(isSaved(asked)).toBe(false),
  );
});

describe("saveForViewer", () => {
  it.each([
    [{ userActivation: { isActive: true } }, ["table.csv"]],
    [{ userActivation: { isActive: false } }, []],
    [{}, []],
  ])("saves under a name of the page's own what the viewer has just clicked for, and nothing else: %j", (navigator, expected) => {
    vi.stubGlobal("navigator", navigator);
    expect(saveForViewer(table("a,b"))).toBe(expected.length > 0);
    expect(saved).toEqual(expected);
    expect(document.querySelector("a")).toBeNull();
  });

  it("saves no more than one file a second for one click", () => {
    vi.stubGlobal("navigator", { userActivation: { isActive: true } });
    vi.advanceTimersByTime(2000);
    expect([saveForViewer(table("a")), saveForViewer(table("b"))]).toEqual([true, false]);
    vi.advanceTimersByTime(1000);
    expect(saveForViewer(table("c"))).toBe(true);
  });
});
