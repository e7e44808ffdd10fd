import { describe, expect, test } from "vitest";
import { chosenItems, itemOf, ItemsOfNodes, latestOf } from "../../src/core/items";
import type { NodeRow } from "../../src/core/nodeTree";
import { ranksOf } from "../../src/core/ranks";

const ARRAY: NodeRow = {
  id: "n0",
  name: "square",
  depth: 0,
  phase: "RUNNING",
  queued: null,
  node: null,
  attempts: [],
  hasDeck: false,
  cached: false,
  holdsNodes: false,
  holdsItems: true,
  tally: null,
  startsExecution: false,
  child: null,
  isBranch: false,
  gate: null,
  item: null,
  given: "",
  condition: "",
  image: "",
  startedAt: 1,
  endedAt: null,
};

function told(...attempts: readonly [index: number, attempt: number, phase: string, started: number, seconds: number][]) {
  const column = <K extends 0 | 1 | 3 | 4>(at: K) => attempts.map((each) => each[at]);
  return {
    nodes: {
      n0: {
        index: column(0),
        attempt: column(1),
        phase: attempts.map((each) => each[2]),
        started: column(3),
        seconds: column(4),
        deck: attempts.map(() => true),
        ranks: 1,
        rankDecks: false,
      },
    },
  };
}

describe("items of array nodes", () => {
  test("each stands at its latest attempt, whatever order they are told in", () => {
    const items = new ItemsOfNodes();
    items.take(told([1, 1, "RUNNING", 20, 0], [0, 0, "SUCCEEDED", 10, 3]));
    items.take(told([1, 0, "FAILED", 10, 2]));
    const found = items.all().get("n0") ?? [];
    expect(found.map(({ index }) => index)).toEqual([0, 1]);
    expect(found.map((item) => latestOf(item).phase)).toEqual(["SUCCEEDED", "RUNNING"]);
  });

  test("an item whose attempts have several processes says so, as a node's attempts do", () => {
    const items = new ItemsOfNodes();
    const { nodes } = told([0, 0, "RUNNING", 10, 0]);
    items.take({ nodes: { n0: { ...nodes.n0, ranks: 4, rankDecks: true } } });
    items.take(told([1, 0, "RUNNING", 10, 0]));
    const ranks = (name: string) => ranksOf(itemOf(name, [ARRAY], items.all())?.attempts ?? [], null);
    expect(ranks("n0:0")).toEqual({ count: 4, decks: true });
    expect(ranks("n0:1")).toBeNull();
  });

  test("the list of a node of which nothing has changed is the same as before", () => {
    const items = new ItemsOfNodes();
    items.take(told([0, 0, "RUNNING", 10, 0]));
    const before = items.all().get("n0");
    expect(items.all().get("n0")).toBe(before);
    items.take(told([0, 0, "SUCCEEDED", 10, 3]));
    expect(items.all().get("n0")).not.toBe(before);
  });

  test("they are filtered by phase, and those that failed or took longest come first when asked for", () => {
    const items = new ItemsOfNodes();
    items.take(told([0, 0, "SUCCEEDED", 10, 1], [1, 0, "FAILED", 10, 2], [2, 0, "SUCCEEDED", 10, 9], [3, 0, "RUNNING", 50, 0]));
    const all = items.all().get("n0") ?? [];
    const numbers = (tone: string | null, order: "number" | "failed" | "slowest") => chosenItems(all, tone, order).map(({ index }) => index);
    expect(numbers(null, "number")).toEqual([0, 1, 2, 3]);
    expect(numbers("good", "number")).toEqual([0, 2]);
    expect(numbers(null, "failed")).toEqual([1, 0, 2, 3]);
    expect(numbers(null, "slowest")).toEqual([3, 2, 1, 0]);
  });

  test("an item's name in the address opens a row of its own", () => {
    const items = new ItemsOfNodes();
    items.take(told([7, 0, "FAILED", 10, 2], [7, 1, "SUCCEEDED", 20, 2]));
    const row = itemOf("n0:7", [ARRAY], items.all());
    expect(row).toMatchObject({ id: "n0:7", name: "square [7]", phase: "SUCCEEDED", item: 7, hasDeck: true, endedAt: 22_000 });
    expect(row?.attempts.map(({ closure }) => closure?.phase)).toEqual(["FAILED", "SUCCEEDED"]);
    expect(itemOf("n0:8", [ARRAY], items.all())).toBeUndefined();
    expect(itemOf("n0", [ARRAY], items.all())).toBeUndefined();
  });
});
