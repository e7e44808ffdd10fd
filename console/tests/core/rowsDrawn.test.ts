import { expect, it } from "vitest";
import { rowsToDraw } from "../../src/core/rowsDrawn";

const WANTED = ["a", "b", "c", "d", "e", "f", "g", "h"];
const NONE = new Set<string>();
const drawn = (inSight: number, before: Iterable<string>, most: number) => WANTED.slice(...rowsToDraw(WANTED, inSight, new Set(before), most)).join("");

it("begins with the rows in sight, then goes down, then up", () => {
  expect(drawn(2, "", 3)).toBe("cde");
  expect(drawn(2, "cde", 3)).toBe("cdefgh");
  expect(drawn(2, "cdefgh", 3)).toBe("abcdefgh");
});

it("keeps rows that are in the page, which are not counted", () => {
  expect(drawn(0, "abcd", 1)).toBe("abcde");
  expect(drawn(3, "bc", 2)).toBe("bcde");
});

it("lets go of rows with a gap before them", () => {
  expect(drawn(0, "gh", 3)).toBe("abc");
});

it("is of nothing where nothing is wanted", () => {
  expect(rowsToDraw([], 0, NONE, 3)).toEqual([0, 0]);
});

it("comes to an end with all that is wanted, whatever is in sight", () => {
  for (const inSight of WANTED.keys()) {
    const all = WANTED.reduce((before) => drawn(inSight, before, 1), "");
    expect(all).toBe(WANTED.join(""));
  }
});
