import { describe, expect, it } from "vitest";
import { countNodes, fold, graphItems } from "../../src/core/graphItems";
import { NodeRows, type NodeRow } from "../../src/core/nodeTree";
import type { Edge } from "../../src/core/workflowGraph";
import type { NodeExecution, NodePhase, TaskExecution } from "../../src/protocol/flyte";

const executionId = { project: "p", domain: "d", name: "e" };
const NONE: ReadonlySet<string> = new Set();

/** Rows of nodes by id, each with the name of its task. */
function rowsOf(names: Readonly<Record<string, string>>, phases: Readonly<Record<string, NodePhase>> = {}): readonly NodeRow[] {
  const nodes = Object.keys(names).map((nodeId): NodeExecution => ({ id: { nodeId, executionId }, closure: { phase: phases[nodeId] ?? "SUCCEEDED" } }));
  const task = (nodeId: string, name: string): TaskExecution => ({
    id: { taskId: { project: "p", domain: "d", name, version: "v" }, nodeExecutionId: { nodeId, executionId } },
    closure: { phase: "RUNNING" },
  });
  const tasks = new Map(Object.entries(names).map(([id, name]) => [id, [task(id, name)]]));
  return new NodeRows().rows(new Map(nodes.map((each) => [each.id.nodeId, each])), tasks, null);
}

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const named = (name: string, held: readonly string[]) => Object.fromEntries(held.map((id) => [id, name]));
const edge = (from: string, to: string): Edge => ({ from, to });
const shown = (edges: readonly Edge[]) => edges.map(({ from, to }) => `${from} > ${to}`);

describe("a graph", () => {
  const trials = ids("t", 20);
  const rows = rowsOf({ plan: "plan", ...named("train", trials), best: "compare" });
  const edges = trials.flatMap((id) => [edge("plan", id), edge(id, "best")]);

  it("has nodes of one name beside each other as one", () => {
    const folding = fold(rows, edges, NONE);
    expect(folding.ids).toEqual(["plan", "1/train", "best"]);
    expect(shown(folding.edges)).toEqual(["plan > 1/train", "1/train > best"]);
    const items = graphItems(rows, folding);
    expect(items.map(({ kind, id }) => [kind, id])).toEqual([["node", "plan"], ["node", "best"], ["group", "1/train"]]);
    expect(countNodes(items)).toBe(22);
  });

  it("has them one by one where that was asked for", () => {
    const folding = fold(rows, edges, new Set(["1/train"]));
    expect(folding.ids).toHaveLength(22);
    expect(folding.edges).toHaveLength(40);
    expect(folding.groups.map(({ id }) => id)).toEqual(["1/train"]);
    expect(graphItems(rows, folding).every(({ kind }) => kind === "node")).toBe(true);
  });

  it("has what is made of each as a group behind theirs", () => {
    const scores = ids("s", 20);
    const both = rowsOf({ ...named("train", trials), ...named("score", scores) });
    const folding = fold(both, trials.map((id, n) => edge(id, `s${n}`)), NONE);
    expect(folding.ids).toEqual(["0/train", "1/score"]);
    expect(shown(folding.edges)).toEqual(["0/train > 1/score"]);
  });

  it("never has a chain as one, in which each waits for the one before it", () => {
    const chain = ids("n", 30);
    const edgesOfChain = chain.slice(1).map((id, n) => edge(`n${n}`, id));
    const folding = fold(rowsOf(named("step", chain)), edgesOfChain, NONE);
    expect(folding.ids).toEqual(chain);
    expect(folding.edges).toHaveLength(29);
  });

  it("never has a way of a branch in a group, nor few nodes as one", () => {
    const ways = ids("w", 20);
    const conditional = rowsOf(named("way", ways)).map((row) => ({ ...row, condition: "else" }));
    expect(fold(conditional, [], NONE).ids).toEqual(ways);
    expect(fold(rowsOf(named("few", ids("f", 12))), [], NONE).ids).toHaveLength(12);
  });

  it("shows of a group what goes on among its nodes", () => {
    const going = rowsOf(named("train", trials), { t3: "RUNNING" });
    const [group] = graphItems(going, fold(going, [], NONE));
    expect(group?.phase).toBe("RUNNING");
  });
});
