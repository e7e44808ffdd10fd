import { describe, expect, test } from "vitest";
import { boxOf, entriesOfItems, entriesOfRows, HeadlinesSession, inOrder, insideOf, nothingShown, sparkline } from "../../src/core/headlines";
import type { Item } from "../../src/core/items";
import type { NodeRow } from "../../src/core/nodeTree";
import type { Headline } from "../../src/protocol/live.gen";
import { FakeSurroundings } from "./surroundings";

const ROW: NodeRow = {
  id: "n0",
  name: "train",
  depth: 0,
  phase: "RUNNING",
  queued: null,
  node: { id: { nodeId: "n0", executionId: { project: "p", domain: "d", name: "e" } } },
  attempts: [],
  hasDeck: true,
  cached: false,
  holdsNodes: false,
  holdsItems: false,
  tally: null,
  startsExecution: false,
  child: null,
  isBranch: false,
  gate: null,
  item: null,
  given: "",
  condition: "",
  image: "",
  startedAt: 1000,
  endedAt: null,
};

const item = (index: number, phase: Item["attempts"][number]["phase"], startedAt: number | null, seconds: number | null): Item => ({
  index,
  attempts: [{ attempt: 0, phase, startedAt, seconds, deck: true, ranks: 1, rankDecks: false }],
});

describe("Decks side by side", () => {
  test("the failed come first, then the slowest that run, and at last what is done, the slowest first", () => {
    const items = [
      item(0, "SUCCEEDED", 0, 5),
      item(1, "SUCCEEDED", 0, 9),
      item(2, "RUNNING", 2000, null),
      item(3, "RUNNING", 1000, null),
      item(4, "FAILED", 0, 1),
      item(5, "QUEUED", null, null),
    ];
    const ended = new Map([0, 1].map((index): [string, Headline] => [`n0:${index}`, { node: `n0:${index}`, ended: true }]));
    const entries = inOrder(entriesOfItems(ROW, items, ended));
    expect(entries.map(({ id }) => id)).toEqual(["n0:4", "n0:3", "n0:2", "n0:5", "n0:1", "n0:0"]);
    expect(entries.map(({ group }) => group)).toEqual(["attention", "live", "live", "waiting", "done", "done"]);
  });

  test("a Deck that is behind, or has no end although its task has, needs attention and says why", () => {
    const behind = entriesOfRows([ROW], new Map([["n0", { node: "n0", behind: 3 }]]));
    expect(behind).toMatchObject([{ group: "attention", trouble: "Behind" }]);
    const over: NodeRow = { ...ROW, phase: "SUCCEEDED", endedAt: 2000 };
    expect(entriesOfRows([over], new Map([["n0", { node: "n0", died: true }]]))).toMatchObject([{ group: "attention", trouble: "Deck incomplete" }]);
    expect(entriesOfRows([over], new Map([["n0", { node: "n0" }]]))).toMatchObject([{ group: "done", trouble: "" }]); // its end is on its way
    expect(entriesOfRows([over], new Map())).toMatchObject([{ group: "done", headline: null }]);
  });

  test("nodes that run nothing themselves are not among them", () => {
    const outer = { ...ROW, id: "n1", holdsNodes: true, hasDeck: false };
    const planned = { ...ROW, id: "n2", node: null };
    expect(entriesOfRows([outer, planned, ROW], new Map()).map(({ id }) => id)).toEqual(["n0"]);
  });

  test("nothing is said of a Deck that has not been read yet", () => {
    const entries = entriesOfRows([{ ...ROW, phase: "SUCCEEDED" }], new Map());
    expect(entries.map((entry) => [nothingShown(entry, false), nothingShown(entry, true)])).toEqual([["", "Nothing was published"]]);
  });

  test("what is inside of a node is what follows it, deeper", () => {
    const rows = [ROW, { ...ROW, id: "n0-0-a", depth: 1 }, { ...ROW, id: "n0-0-a-0-b", depth: 2 }, { ...ROW, id: "n1" }];
    expect(insideOf(rows, ROW).map(({ id }) => id)).toEqual(["n0-0-a", "n0-0-a-0-b"]);
    expect(insideOf(rows, { ...ROW, id: "n1" })).toEqual([]);
  });
});

describe("a small picture of a line", () => {
  test("it fills its box, with gaps where there are gaps", () => {
    const line = { x: [0, 1, 2, 3], y: [0, 1, null, 2] };
    expect(sparkline(line.x, line.y, boxOf([line]))).toBe("M0.0 28.0L33.3 15.0M100.0 2.0");
  });

  test("a line of one point is none, and one that is level stands in the middle", () => {
    expect(sparkline([1], [1], boxOf([{ x: [1], y: [1] }]))).toBeNull();
    const level = { x: [0, 1], y: [5, 5] };
    expect(sparkline(level.x, level.y, boxOf([level]))).toBe("M0.0 15.0L100.0 15.0");
  });
});

describe("the stream of headlines", () => {
  test("keeps the newest of each Deck, and says when all that there was has come", async () => {
    const around = new FakeSurroundings();
    const session = new HeadlinesSession("/live/headlines/p/d/e", around);
    await around.last.open();
    await around.last.send("headlines", { decks: [{ node: "n0" }, { node: "n1" }] });
    await around.tick();
    expect(session.view.get()).toMatchObject({ ready: false });
    await around.last.send("ready", {});
    await around.last.send("headlines", { decks: [{ node: "n1", attempt: 1 }] });
    await around.tick();
    const view = session.view.get();
    expect(view.ready).toBe(true);
    expect([...view.decks.values()]).toEqual([{ node: "n0" }, { node: "n1", attempt: 1 }]);
    await around.last.send("end", {});
    await around.tick();
    expect(session.view.get().stream.status).toBe("ended");
    session.close();
  });
});
