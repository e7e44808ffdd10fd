import { describe, expect, it } from "vitest";
import { alignSeries } from "../../src/frame/elements/series";

const one = (name: string, x: (number | null)[], y: (number | null)[]) => ({ name, x, y });

describe("alignSeries", () => {
  it("copies nothing when the x values are the same", () => {
    const a = one("a", [1, 2], [10, 20]);
    const b = one("b", [1, 2], [30, null]);
    const columns = alignSeries([a, b]);
    expect(columns).toEqual([[1, 2], [10, 20], [30, null]]);
    expect(columns[1]).toBe(a.y);
  });

  it("merges different x values, with gaps only where the data has them", () => {
    expect(alignSeries([one("a", [1, 3], [10, null]), one("b", [2, 3, 4], [20, 30, 40])])).toEqual([
      [1, 2, 3, 4],
      [10, undefined, null, undefined],
      [undefined, 20, 30, 40],
    ]);
  });

  it("leaves out points without an x", () => {
    expect(alignSeries([one("a", [1, null, 2], [10, 15, 20])])).toEqual([[1, 2], [10, 20]]);
  });

  it("makes gaps of what a logarithmic axis cannot show", () => {
    expect(alignSeries([one("a", [1, 2, 3], [0, -1, 5])], true)).toEqual([[1, 2, 3], [null, null, 5]]);
  });

  it("is an empty table without series", () => {
    expect(alignSeries([])).toEqual([[]]);
  });

  it("aligns a hundred thousand points of two series quickly enough for every frame", () => {
    const x = Array.from({ length: 100_000 }, (_, index) => index);
    const columns = alignSeries([one("a", x, x), one("b", [...x], x)]);
    expect(columns[0]).toHaveLength(100_000);
  });
});
