/** Which node leads to which, from a compiled workflow. */
import type { Workflow } from "../protocol/flyte";
import { workflowNodes } from "./nodeTree";

export interface Edge {
  readonly from: string;
  readonly to: string;
}

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
  return [...edges.values()];
}
