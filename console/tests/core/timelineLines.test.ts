import { describe, expect, it } from "vitest";
import { NodeRows, type NodeRow } from "../../src/core/nodeTree";
import { foundLines, phaseCounts, phaseOfAll, spanOfAll, timelineLines, type Folds } from "../../src/core/timelineLines";
import type { NodeExecution, NodePhase, TaskExecution } from "../../src/protocol/flyte";

const executionId = { project: "p", domain: "d", name: "e" };
const START = Date.parse("2026-11-24T10:00:00Z");
const node = (nodeId: string, phase: NodePhase = "SUCCEEDED", isParentNode = false): NodeExecution => ({
  id: { nodeId, executionId },
  closure: { phase, startedAt: "2026-11-24T10:00:00Z", duration: "2s" },
  metadata: { isParentNode },
});
const task = (nodeId: string, name: string): TaskExecution => ({
  id: { taskId: { project: "p", domain: "d", name, version: "v" }, nodeExecutionId: { nodeId, executionId } },
});

/** Rows of nodes, and of what task each is an attempt. */
function rowsOf(nodes: readonly NodeExecution[], names: Readonly<Record<string, string>> = {}): readonly NodeRow[] {
  const tasks = new Map(Object.entries(names).map(([id, name]) => [id, [task(id, name)]]));
  return new NodeRows().rows(new Map(nodes.map((each) => [each.id.nodeId, each])), tasks, null);
}

const loop = (count: number, parent = "") => Array.from({ length: count }, (_, n) => `${parent}n${n}`);
const listed = (rows: readonly NodeRow[], folds: Folds = new Map()) =>
  timelineLines(rows, folds).map((line) => `${"  ".repeat(line.depth)}${line.kind === "group" ? `${line.inside.rows.length} x ${line.name}` : line.id}`);

describe("lines of the timeline", () => {
  it("are the nodes, each followed by what is inside of it", () => {
    const rows = rowsOf([node("n0"), node("n1", "RUNNING", true), node("n1-0-a"), node("n1-0-b"), node("n2")]);
    expect(listed(rows)).toEqual(["n0", "n1", "  n1-0-a", "  n1-0-b", "n2"]);
    expect(listed(rows, new Map([["n1", true]]))).toEqual(["n0", "n1", "n2"]);
  });

  it("fold many nodes inside of one until they are asked for", () => {
    const inner = loop(13, "n1-0-");
    const rows = rowsOf([node("n1", "RUNNING", true), ...inner.map((id) => node(id))]);
    expect(listed(rows)).toEqual(["n1"]);
    expect(listed(rows, new Map([["n1", false]]))).toHaveLength(14);
  });

  it("have a loop's nodes as one line, where the first of them is", () => {
    const many = loop(30);
    const names = Object.fromEntries(many.map((id, n) => [id, n % 2 ? "square" : "cube"]));
    const rows = rowsOf([...many.map((id) => node(id)), node("last")], { ...names, last: "total" });
    expect(listed(rows)).toEqual(["15 x cube", "15 x square", "last"]);
    const unfolded = listed(rows, new Map([["/square", false]]));
    expect(unfolded.slice(0, 4)).toEqual(["15 x cube", "15 x square", "  n1", "  n3"]);
    expect(unfolded).toHaveLength(18);
  });

  it("leave a node open when a group in it is unfolded", () => {
    const inner = loop(30, "n1-0-");
    const rows = rowsOf([node("n1", "RUNNING", true), ...inner.map((id) => node(id))], Object.fromEntries(inner.map((id) => [id, "square"])));
    expect(listed(rows)).toEqual(["n1", "  30 x square"]);
    expect(listed(rows, new Map([["n1/square", false]]))).toHaveLength(32);
  });

  it("have few nodes of one name beside each other", () => {
    const few = loop(12);
    expect(listed(rowsOf(few.map((id) => node(id)), Object.fromEntries(few.map((id) => [id, "square"]))))).toEqual(few);
  });

  it("count in a folded node what runs, not what only holds it", () => {
    const rows = rowsOf([node("n0", "RUNNING", true), node("n0-0-a", "RUNNING", true), node("n0-0-a-0-b"), node("n0-0-a-0-c")]);
    const [line] = timelineLines(rows, new Map([["n0", true]]));
    expect(line?.inside?.rows.map(({ id }) => id)).toEqual(["n0-0-a-0-b", "n0-0-a-0-c"]);
  });

  it("with a filter are what fits, wherever it is", () => {
    const rows = rowsOf([node("n0", "FAILED", true), ...loop(20, "n0-0-").map((id) => node(id))], { "n0-0-n7": "square" });
    expect(foundLines(rows, "FAILED", "").map(({ id }) => id)).toEqual(["n0"]);
    expect(foundLines(rows, null, "SQ").map(({ id, depth }) => [id, depth])).toEqual([["n0-0-n7", 0]]);
    expect(foundLines(rows, "FAILED", "square")).toEqual([]);
  });
});

describe("nodes together", () => {
  const phases = (...each: NodePhase[]) => rowsOf(each.map((phase, n) => node(`n${n}`, phase)));

  it("are counted, what is to be seen to first", () => {
    expect(phaseCounts(phases("SUCCEEDED", "RUNNING", "FAILED", "SUCCEEDED"))).toBe("1 failed, 1 running, 2 succeeded");
  });

  it("say of gates that are reached that they wait", () => {
    const gates = phases("RUNNING", "SUCCEEDED", "UNDEFINED").map((row): NodeRow => ({ ...row, gate: { kind: "approval", signal: "s" } }));
    const rows = [...gates, ...phases("RUNNING")];
    expect(phaseCounts(rows)).toBe("1 waiting, 1 running, 1 not started, 1 succeeded");
    expect(foundLines(rows, "WAITING", "").map(({ kind }) => kind)).toEqual(["node"]);
    expect(foundLines(rows, "RUNNING", "")).toHaveLength(1);
    expect(phaseOfAll(gates)).toBe("RUNNING");
  });

  it("stand as what goes on among them, else as the worst of them", () => {
    expect(phaseOfAll(phases("SUCCEEDED", "RUNNING", "FAILED"))).toBe("RUNNING");
    expect(phaseOfAll(phases("SUCCEEDED", "FAILED"))).toBe("FAILED");
    expect(phaseOfAll(phases("SUCCEEDED", "UNDEFINED"))).toBe("RUNNING");
    expect(phaseOfAll(phases("FAILED", "UNDEFINED"))).toBe("FAILED");
    expect(phaseOfAll(phases("ABORTED", "UNDEFINED"))).toBe("ABORTED");
    expect(phaseOfAll(phases("SUCCEEDED", "SKIPPED"))).toBe("SUCCEEDED");
    expect(phaseOfAll([])).toBe("UNDEFINED");
  });

  it("take from the first start to the last end", () => {
    expect(spanOfAll(phases("SUCCEEDED", "SUCCEEDED"))).toEqual({ from: START, to: START + 2000 });
    expect(spanOfAll(phases("SUCCEEDED", "RUNNING"))).toEqual({ from: START, to: null });
    expect(spanOfAll([])).toEqual({ from: null, to: null });
  });
});
