/** Which nodes a graph is drawn of, and which leads to which: from a compiled workflow, or what is inside of a node. */
import type { CompiledWorkflow, WorkflowNode } from "../protocol/flyte";
import { waysOf } from "./branches";
import { declaredNodes, type NodeRow } from "./nodeTree";

export interface Edge {
  readonly from: string;
  readonly to: string;
}

/**
 * The nodes directly inside of a node (null: of the execution), and the ways of their branches. Where a dynamic task has
 * run more than once, those of its last attempt.
 */
export function rowsOfGraph(rows: readonly NodeRow[], inside: string | null): readonly NodeRow[] {
  const first = inside === null ? 0 : rows.findIndex(({ id }) => id === inside) + 1;
  if (inside !== null && first === 0) return [];
  const top = inside === null ? 0 : (rows[first - 1]?.depth ?? 0) + 1;
  const drawn: NodeRow[] = [];
  const above: boolean[] = []; // whether the last row of each depth is drawn
  for (const row of rows.slice(first)) {
    if (row.depth < top) break;
    const isDrawn = row.depth === top || (row.condition !== "" && (above[row.depth - 1] ?? false));
    above[row.depth] = isDrawn;
    if (isDrawn) drawn.push(row);
  }
  if (inside === null) return drawn;
  const latest = Math.max(...drawn.map(({ id }) => declaredAs(id, inside)?.attempt ?? 0));
  return drawn.filter(({ id }) => (declaredAs(id, inside)?.attempt ?? 0) === latest);
}

/** The attempt of a node and the name in it of a node inside, by the latter's id in the execution. */
function declaredAs(id: string, inside: string): { readonly attempt: number; readonly name: string } | null {
  const [, attempt, name] = /^-(\d+)-(.*)$/.exec(id.slice(inside.length)) ?? [];
  return attempt !== undefined && name !== undefined ? { attempt: Number(attempt), name } : null;
}

/** What nodes inside of a node are called in the execution, by what they are called there. */
export function idsInside(ids: readonly string[], inside: string | null): (name: string) => string {
  if (inside === null) return (name) => name;
  const known = new Map(ids.flatMap((id) => [[declaredAs(id, inside)?.name ?? id, id]]));
  return (name) => known.get(name) ?? name;
}

/** The edges between the nodes of a workflow; a branch leads to its ways, and those to what comes after it. */
export function workflowEdges(
  compiled: CompiledWorkflow | null,
  idOf: (name: string) => string = (name) => name,
): readonly Edge[] {
  const nodes = declaredNodes(compiled);
  const known = new Set(nodes.map((node) => node.id));
  const edges = new Map<string, Edge>();
  const add = (from: string, to: string) => {
    if (known.has(from) && known.has(to)) edges.set(`${from}\n${to}`, { from: idOf(from), to: idOf(to) });
  };
  for (const [from, { ids = [] }] of Object.entries(compiled?.connections?.downstream ?? {})) ids.forEach((to) => add(from, to));
  for (const node of nodes) node.upstreamNodeIds?.forEach((from) => add(from, node.id));
  const throughWays: Edge[] = [];
  const ends = new Map(nodes.map((node) => [idOf(node.id), endsOf(idOf(node.id), node, throughWays)]));
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
