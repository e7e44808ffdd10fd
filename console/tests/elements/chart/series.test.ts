import { describe, expect, it } from "vitest";
import { applySegment } from "../../../src/document/apply";
import { extremesOf, restartsOf } from "../../../src/elements/chart/returningLine";
import { SeriesTable } from "../../../src/elements/chart/series";
import type { Document, Series } from "../../../src/protocol/deck.gen";

type Points = readonly (number | null)[];
const one = (name: string, x: Points, y: Points): Series => ({ name, x, y });
const table = (series: readonly Series[], positive = false) => new SeriesTable().update(series, positive);

describe("SeriesTable", () => {
  it("has one x column, with gaps only where the data has them", () => {
    expect(table([one("a", [1, 2], [10, 20]), one("b", [1, 2], [30, null])])).toEqual([[1, 2], [10, 20], [30, null]]);
    expect(table([one("a", [1, 3], [10, null]), one("b", [2, 3, 4], [20, 30, 40])])).toEqual([
      [1, 2, 3, 4],
      [10, undefined, null, undefined],
      [undefined, 20, 30, 40],
    ]);
  });

  it("leaves out points without an x, and takes the last of those with the same one", () => {
    expect(table([one("a", [1, null, 2, 2], [10, 15, 20, 25])])).toEqual([[1, 2], [10, 25]]);
  });

  it("shows points that are out of order at their place", () => {
    expect(table([one("a", [3, 1, 2], [30, 10, 20])])).toEqual([[1, 2, 3], [10, 20, 30]]);
  });

  it("makes gaps of what a logarithmic axis cannot show", () => {
    expect(table([one("a", [1, 2, 3], [0, -1, 5])], true)).toEqual([[1, 2, 3], [null, null, 5]]);
  });

  it("is an empty table without series", () => {
    expect(table([])).toEqual([[]]);
  });
});

/** A document with one chart, extended segment by segment as the live stream does. */
function grow(start: readonly Series[], steps: readonly (readonly Series[])[]): (readonly Series[])[] {
  const chart = (series: readonly Series[]) => ({ kind: "chart" as const, id: "c", title: "", series });
  const states: Document[] = [{ decks: [{ name: "d", elements: [chart(start)] }] }];
  steps.forEach((series, index) => {
    const op = { op: "extend" as const, deck: "d", element: chart(series) };
    states.push(applySegment(states.at(-1) ?? {}, { seq: index + 1, at: "", ops: [op] }));
  });
  return states.map((state) => {
    const element = state.decks?.[0]?.elements[0];
    return element?.kind === "chart" ? (element.series ?? []) : [];
  });
}

describe("SeriesTable, as points are appended", () => {
  it("keeps its rows and adds what is new", () => {
    const kept = new SeriesTable();
    const [before = [], after = []] = grow([one("a", [1], [10]), one("b", [1], [5])], [[one("a", [2], [20])]]);
    const x = kept.update(before, false)[0];
    const columns = kept.update(after, false);
    expect(columns[0]).toBe(x);
    expect(columns).toEqual([[1, 2], [10, 20], [5, undefined]]);
  });

  it("ends with the same table as one built at once, in whatever order and pieces the points come", () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let trial = 0; trial < 300; trial++) {
      const piece = (name: string): Series => {
        const x = Array.from({ length: random(4) }, () => (random(9) === 0 ? null : random(12)));
        return one(name, x, x.map(() => (random(5) === 0 ? null : random(100) - 20)));
      };
      const steps = Array.from({ length: 6 }, () => ["a", "b", "c"].slice(0, 1 + random(3)).map(piece));
      const kept = new SeriesTable();
      for (const series of grow([], steps)) expect(kept.update(series, trial % 2 === 0)).toEqual(table(series, trial % 2 === 0));
    }
  });

  it("is not misled by a chart that was replaced by a longer one", () => {
    const kept = new SeriesTable();
    kept.update([one("a", [1, 2], [10, 20])], false);
    expect(kept.update([one("a", [1, 2, 3], [11, 20, 30])], false)).toEqual([[1, 2, 3], [11, 20, 30]]);
  });
});

describe("a series that comes to an x again", () => {
  it("is known by the table, built at once or point by point, until the chart is another", () => {
    const epochs = [one("a", [0, 1, 0, 1], [1, 2, 3, 4]), one("b", [0, 1], [5, 6])];
    const table = new SeriesTable();
    expect(table.update(epochs, false)).toEqual([[0, 1], [3, 4], [5, 6]]);
    expect([...table.returns]).toEqual([0]);
    table.update([one("a", [3, 1, 2], [1, 2, 3])], false);
    expect(table.returns.size).toBe(0);
    const grown = new SeriesTable();
    for (const state of grow([one("a", [0, 1], [1, 2])], [[one("a", [2], [3])], [one("a", [0], [4])]])) grown.update(state, false);
    expect([...grown.returns]).toEqual([0]);
  });

  it("starts again where x jumps back and goes up from there", () => {
    expect(restartsOf(one("a", [0, 1, 2, 0, 1, 2, 0], [0, 0, 0, 0, 0, 0, 0]))).toBe(2);
    expect(restartsOf(one("a", [1, 0, -1, 0, 1], [0, 1, 0, -1, 0]))).toBe(0);
    expect(restartsOf(one("a", [5, 5, 6, 6], [0, 1, 2, 3]))).toBe(0);
  });

  it("is given the room that all of its points need", () => {
    const epochs = one("a", [0, 1, 0, 1], [1, -20, 3, 400]);
    expect(extremesOf(epochs, -Infinity, Infinity, false)).toEqual([-20, 400]);
    expect(extremesOf(epochs, -Infinity, Infinity, true)).toEqual([1, 400]);
    expect(extremesOf(epochs, 0, 0.5, false)).toEqual([1, 3]);
    expect(extremesOf(epochs, 5, 6, false)).toBeNull();
  });
});

describe("SeriesTable on whole x", () => {
  it("knows epochs from what lies between them, however it comes", () => {
    const table = new SeriesTable();
    const [whole = [], between = []] = grow([one("a", [0], [1])], [[one("a", [0.5], [2])]]);
    table.update(whole, false);
    expect(table.isWhole).toBe(true);
    table.update(between, false);
    expect(table.isWhole).toBe(false);
  });
});
