// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { saveForViewer } from "../../src/core/saving";

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

describe("saveForViewer", () => {
  it.each([
    [{ userActivation: { isActive: true } }, ["table.csv"]],
    [{ userActivation: { isActive: false } }, []],
    [{}, []],
  ])("saves under a name of the page's own what the viewer has just clicked for, and nothing else: %j", (navigator, expected) => {
    vi.stubGlobal("navigator", navigator);
    expect(saveForViewer("a,b")).toBe(expected.length > 0);
    expect(saved).toEqual(expected);
    expect(document.querySelector("a")).toBeNull();
  });

  it("saves no more than one file a second for one click", () => {
    vi.stubGlobal("navigator", { userActivation: { isActive: true } });
    vi.advanceTimersByTime(2000);
    expect([saveForViewer("a"), saveForViewer("b")]).toEqual([true, false]);
    vi.advanceTimersByTime(1000);
    expect(saveForViewer("c")).toBe(true);
  });
});
