import { describe, expect, it } from "vitest";
import { MessageCount } from "../../src/core/frameGuard";
import { boundedLook, isLook, lookText, parseLook, PLAIN } from "../../src/core/look";

const LOOK = {
  zooms: [{ x: ":step", low: 1.5, high: 20 }],
  hidden: [{ deck: "a & b", element: "chart:loss", names: ["val", "\u202e\"<"] }],
};

describe("a look in an address", () => {
  it("is read back as it was", () => {
    expect(parseLook(lookText(LOOK))).toEqual(LOOK);
    expect(lookText(PLAIN)).toEqual({ zoom: null, hide: null });
  });

  it.each([
    [1 / 3, 200 / 3, 0.333, 66.667],
    [1_764_180_000.123456, 1_764_180_060.654321, 1_764_180_000.123, 1_764_180_060.654],
    [1e300, 1.0000001e300, 1e300, 1.0000001e300],
    [5e-324, 1e-323, 5e-324, 1e-323],
    [-1.7e308, 1.7e308, -1.7e308, 1.7e308],
  ])("has no more digits than can be seen: %d to %d", (low, high, from, to) => {
    const [zoom] = parseLook(lookText({ ...PLAIN, zooms: [{ x: "", low, high }] })).zooms;
    expect(zoom).toEqual({ x: "", low: from, high: to });
  });

  it.each(["", "nonsense", "null", "{}", "3", "[1, null, {}]", '[["x"]]', '[["x", 2, 1]]', '[["x", 1, 1]]', '[["x", 1, 1e999]]', '[["x", "1", "2"]]', `[["${"x".repeat(501)}", 1, 2]]`, `[${'["x", 1, 2],'.repeat(400)}["x", 1, 2]]`])(
    "passes over a bad zoom: %s",
    (zoom) => expect(parseLook({ zoom, hide: null })).toEqual(PLAIN),
  );

  it.each(["[[]]", '[["a"]]', '[["a", "b"]]', '[["a", "b", 1]]', '[[1, "b", "c"]]', '[["a", "b", ["c"]]]'])("passes over bad series: %s", (hide) => {
    expect(parseLook({ zoom: null, hide })).toEqual(PLAIN);
  });

  it("keeps what is good beside what is bad", () => {
    expect(parseLook({ zoom: '[0, ["x", 1, 2], ["y"]]', hide: null }).zooms).toEqual([{ x: "x", low: 1, high: 2 }]);
  });

  it("is not kept where it is too long", () => {
    expect(lookText({ ...PLAIN, hidden: [{ deck: "d", element: "e", names: ["n".repeat(400), "m".repeat(400), "k".repeat(1300)] }] }).hide).toBeNull();
  });
});

describe("a look that a frame says", () => {
  it.each([
    {},
    { zooms: [] },
    { zooms: [], hidden: "x" },
    { zooms: [{ x: "a", low: 0, high: NaN }], hidden: [] },
    { zooms: Array.from({ length: 101 }, () => LOOK.zooms[0]), hidden: [] },
    { zooms: [], hidden: [{ deck: "d", element: "e", names: [] }] },
    { zooms: [], hidden: [{ deck: "d", element: "e", names: ["x".repeat(501)] }] },
    { zooms: [], hidden: [{ deck: "d", element: "e", names: Array.from({ length: 1001 }, String) }] },
    { zooms: [], hidden: [null] },
  ])("is refused as a whole: %#", (data) => expect(isLook(data)).toBe(false));

  it("is bounded by the frame itself", () => {
    const zooms = Array.from({ length: 300 }, (_, at) => ({ x: String(at), low: 0, high: at }));
    expect(isLook(boundedLook({ zooms, hidden: LOOK.hidden }))).toBe(true);
    expect(isLook(LOOK)).toBe(true);
  });
});

describe("MessageCount", () => {
  function taken(data: unknown): number {
    const count = new MessageCount();
    for (let times = 0; times < 2000; times++) if (!count.take({ data } as MessageEvent)) return times;
    return Infinity;
  }

  it("counts what is in a message", () => {
    const names = Array.from({ length: 1000 }, () => "n".repeat(500));
    expect(taken({ type: "applied", seq: 1 })).toBeGreaterThan(1000);
    expect(taken({ type: "look", zooms: [], hidden: [{ deck: "", element: "", names }] })).toBeLessThan(40);
    expect(taken({ type: "save", text: "x".repeat(50_000_000) })).toBeGreaterThan(5);
  });

  it("takes no longer for lists that hold themselves and each other", () => {
    let list: unknown[] = [];
    list.push(list);
    for (let depth = 0; depth < 12; depth++) list = Array.from({ length: 1000 }, () => list);
    expect(taken(list)).toBe(0);
  });
});
