import { describe, expect, it } from "vitest";
import { waysOf } from "../../src/core/branches";
import { NodeRows } from "../../src/core/nodeTree";
import { workflowEdges } from "../../src/core/workflowGraph";
import type { BooleanExpression, NodeExecution, Workflow, WorkflowNode } from "../../src/protocol/flyte";

const executionId = { project: "p", domain: "d", name: "e" };
const entity = (name: string) => ({ project: "p", domain: "d", name, version: "v" });
const task = (id: string, upstream: string[] = []): WorkflowNode => ({
  id,
  metadata: { name: `run ${id}` },
  taskNode: { referenceId: entity("mod.t") },
  upstreamNodeIds: upstream,
});
const above = (name: string, integer: number): BooleanExpression => ({
  comparison: { operator: "GT", leftValue: { var: name }, rightValue: { primitive: { integer } } },
});
const branch = (id: string, then: WorkflowNode, otherwise?: WorkflowNode, upstream: string[] = []): WorkflowNode => ({
  id,
  metadata: { name: `choose ${id}` },
  upstreamNodeIds: upstream,
  branchNode: {
    ifElse: { case: { condition: above(".x", 3), thenNode: then }, ...(otherwise ? { elseNode: otherwise } : {}) },
  },
});
const flowOf = (...nodes: WorkflowNode[]): Workflow => ({
  id: entity("flow"),
  closure: { compiledWorkflow: { primary: { template: { nodes } } } },
});

describe("waysOf", () => {
  it("says when each way is taken, as its author wrote it", () => {
    const both: BooleanExpression = {
      conjunction: {
        leftExpression: above("n0.o0", 2),
        rightExpression: { comparison: { leftValue: { var: ".name" }, rightValue: { primitive: { stringValue: "a" } } } },
      },
    };
    const none: BooleanExpression = {
      comparison: { operator: "NEQ", leftValue: { var: ".x" }, rightValue: { scalar: { noneType: {} } } },
    };
    const either: BooleanExpression = {
      conjunction: { operator: "OR", leftExpression: above(".x", 1), rightExpression: none },
    };
    const node: WorkflowNode = {
      id: "n1",
      branchNode: {
        ifElse: {
          case: { condition: both, thenNode: task("n1-n0") },
          other: [{ condition: either, thenNode: task("n1-n1") }],
          elseNode: task("n1-n2"),
        },
      },
    };
    expect(waysOf("n1", node).map(({ id, condition }) => [id, condition])).toEqual([
      ["n1-0-n1-n0", 'if (n0.o0 > 2) & (name == "a")'],
      ["n1-0-n1-n1", "elif (x > 1) | (x != None)"],
      ["n1-0-n1-n2", "else"],
    ]);
    expect(waysOf("n0", task("n0"))).toEqual([]);
  });
});

describe("the rows of a branch", () => {
  const inner = branch("n1-n0", task("n1-n0-n0"), task("n1-n0-n1"));
  const flow = flowOf(task("n0"), branch("n1", inner, task("n1-n1"), ["n0"]), task("n2", ["n1"]));

  it("list its ways before it has begun, and what became of them", () => {
    const recorded: NodeExecution = {
      id: { nodeId: "n1-0-n1-n1", executionId },
      closure: { phase: "SKIPPED" },
      metadata: { specNodeId: "n1-n1" },
    };
    const rows = new NodeRows().rows(new Map([["n1-0-n1-n1", recorded]]), new Map(), flow);
    expect(rows.map(({ id, depth, phase, condition, holdsNodes }) => [id, depth, phase, condition, holdsNodes])).toEqual([
      ["n0", 0, "UNDEFINED", "", false],
      ["n1", 0, "UNDEFINED", "", true],
      ["n1-0-n1-n0", 1, "UNDEFINED", "if x > 3", true],
      ["n1-0-n1-n0-0-n1-n0-n0", 2, "UNDEFINED", "if x > 3", false],
      ["n1-0-n1-n0-0-n1-n0-n1", 2, "UNDEFINED", "else", false],
      ["n1-0-n1-n1", 1, "SKIPPED", "else", false],
      ["n2", 0, "UNDEFINED", "", false],
    ]);
    expect(rows[3]?.name).toBe("run n1-n0-n0");
  });

  it("are found inside of a sub-workflow, too", () => {
    const sub = { template: { id: entity("sub"), nodes: [branch("n0", task("n0-n0"), task("n0-n1"))] } };
    const outer: Workflow = {
      id: entity("outer"),
      closure: {
        compiledWorkflow: {
          primary: { template: { nodes: [{ id: "n0", workflowNode: { subWorkflowRef: entity("sub") } }] } },
          subWorkflows: [sub],
        },
      },
    };
    const made = (nodeId: string, specNodeId: string, isParentNode: boolean): [string, NodeExecution] => [
      nodeId,
      { id: { nodeId, executionId }, closure: { phase: "RUNNING" }, metadata: { specNodeId, isParentNode } },
    ];
    const nodes = new Map([made("n0", "n0", true), made("n0-0-n0", "n0", true), made("n0-0-n0-0-n0-n0", "n0-n0", false)]);
    const rows = new NodeRows().rows(nodes, new Map(), outer);
    expect(rows.map(({ name, condition }) => [name, condition])).toEqual([
      ["sub", ""],
      ["choose n0", ""],
      ["run n0-n0", "if x > 3"],
    ]);
  });

  it("are joined in the graph: the branch leads to its ways, and these to what comes after", () => {
    expect(workflowEdges(flow.closure?.compiledWorkflow?.primary ?? null)).toEqual([
      { from: "n0", to: "n1" },
      { from: "n1-0-n1-n0-0-n1-n0-n0", to: "n2" },
      { from: "n1-0-n1-n0-0-n1-n0-n1", to: "n2" },
      { from: "n1-0-n1-n1", to: "n2" },
      { from: "n1", to: "n1-0-n1-n0" },
      { from: "n1", to: "n1-0-n1-n1" },
      { from: "n1-0-n1-n0", to: "n1-0-n1-n0-0-n1-n0-n0" },
      { from: "n1-0-n1-n0", to: "n1-0-n1-n0-0-n1-n0-n1" },
    ]);
  });
});
