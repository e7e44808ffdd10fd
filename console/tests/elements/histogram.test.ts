import { describe, expect, it } from "vitest";
import { applying, fitting, MOST_BINS } from "../../src/elements/histogram/apply";
import { slotsOf } from "../../src/elements/histogram/view";
import type { Histogram } from "../../src/protocol/deck.gen";

const bins = (at: readonly number[], power = 0, name = "") => ({ name, power, at, counts: at.map(() => 1) });
const histogram = (...groups: ReturnType<typeof bins>[]): Histogram => ({ kind: "histogram", id: "h", title: "", groups });

describe("a histogram", () => {
  it("has bins twice as wide where there would be more than are kept", () => {
    const all = Array.from({ length: MOST_BINS + 1 }, (_, index) => index - 3);
    const [group] = applying.extend(histogram(bins(all.slice(1))), histogram(bins(all.slice(0, 1)))).groups ?? [];
    expect([group?.power, group?.at[0], group?.at.length]).toEqual([1, -2, MOST_BINS / 2 + 1]);
    expect(group?.counts.reduce((sum, count) => sum + count)).toBe(all.length);
  });

  it("ends on both sides of zero, where bins never become one", () => {
    expect(fitting(bins([-1, 0]), 1).at).toEqual([-1, 0]);
  });

  it("is shown in no more bins than are wanted, and no value is lost", () => {
    for (const power of [-1000, -40, -3, 0, 12, 900]) {
      const shown = slotsOf(histogram(bins([-511, -7, 0, 1, 2, 400], power)));
      expect(shown.edges.length).toBeLessThanOrEqual(41);
      expect(shown.groups[0]?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(6);
    }
  });

  it.each([[[-1039760196538, 1039760196537]], [[1039760196537]], [[-1039760196538]]])("has room for the largest numbers: %j", (at) => {
    const shown = slotsOf(histogram(bins(at, 984)));
    expect(shown.edges.every(Number.isFinite)).toBe(true);
    expect(shown.names.length).toBe(shown.edges.length - 1);
    expect(shown.groups[0]?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(at.length);
  });

  it("keeps the edges that were given", () => {
    const shown = slotsOf({ ...histogram(bins([0, 2])), edges: [0, 1, 10, 100] });
    expect(shown.names).toEqual(["0 to below 1", "1 to below 10", "10 to 100"]);
    expect(shown.groups[0]?.values).toEqual([1, 0, 1]);
  });
});
