/** Which node leads to which, from a compiled workflow. */
import type { Workflow, WorkflowNode } from "../protocol/flyte";
import { waysOf } from "./branches";
import { workflowNodes } from "./nodeTree";

export interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The edges between the nodes of a workflow; a branch leads to its ways, and those to what comes after it. */
export function workflowEdges(workflow: Workflow | null): readonly Edge[] {
  const nodes = workflowNodes(workflow);
  const known = new Set(nodes.map((node) => node.id));
  const downstream = workflow?.closure?.compiledWorkflow?.primary?.connections?.downstream ?? {};
  const edges = new Map<string, Edge>();
  const add = (from: string, to: string) => {
    if (known.has(from) && known.has(to)) edges.set(`${from}\n${to}`, { from, to });
  };
  for (const [from, { ids = [] }] of Object.entries(downstream)) ids.forEach((to) => add(from, to));
  for (const node of nodes) node.upstreamNodeIds?.forEach((from) => add(from, node.id));
  const throughWays: Edge[] = [];
  const ends = new Map(nodes.map((node) => [node.id, endsOf(node.id, node, throughWays)]));
  const between = [...edges.values()].flatMap(({ from, to }) => (ends.get(from) ?? [from]).map((end) => ({ from: end, to })));
  return [...between, ...throughWays];
}

/** The nodes that a node's result comes from: itself, or the ways of a branch, to which edges are added. */
function endsOf(id: string, node: WorkflowNode, edges: Edge[]): readonly string[] {
  const ways = waysOf(id, node);
  if (ways.length === 0) return [id];
  ways.forEach((way) => edges.push({ from: id, to: way.id }));
  return ways.flatMap((way) => endsOf(way.id, way.node, edges));
}
