/**
 * What a graph draws: nodes, and groups of nodes that are called the same and stand beside each other, as the timeline has
 * them. A group may be unfolded. Pure: which are, the page says.
 */
import type { NodePhase } from "../protocol/flyte";
import type { NodeRow } from "./nodeTree";
import { ALIKE, phaseOfAll } from "./timelineLines";
import type { Edge } from "./workflowGraph";

/** What of nodes decides how they are grouped: it does not change while they run. */
type Named = Pick<NodeRow, "id" | "name" | "condition">;

export interface GraphGroup {
  readonly id: string;
  readonly name: string;
  /** Of its nodes. */
  readonly ids: readonly string[];
}

/** How the nodes of a graph are folded. */
export interface Folding {
  /** All groups, the unfolded ones too. */
  readonly groups: readonly GraphGroup[];
  /** Of each node in a folded group that group's id. */
  readonly groupOf: ReadonlyMap<string, string>;
  /** Of what is drawn. */
  readonly ids: readonly string[];
  /** Between what is drawn. */
  readonly edges: readonly Edge[];
}

/**
 * Nodes of one name that are as many steps from the start make a group, for none of them waits for another. An edge between
 * two groups leads from fewer steps to more, so what was no circle does not become one.
 *
 * @param unfolded ids of groups that are drawn node by node.
 */
export function fold(nodes: readonly Named[], edges: readonly Edge[], unfolded: ReadonlySet<string>): Folding {
  const groups = groupsOf(nodes, edges);
  const groupOf = new Map<string, string>();
  for (const group of groups) if (!unfolded.has(group.id)) for (const id of group.ids) groupOf.set(id, group.id);
  const drawn = (id: string) => groupOf.get(id) ?? id;
  const between = new Map(edges.map(({ from, to }) => [`${drawn(from)}\n${drawn(to)}`, { from: drawn(from), to: drawn(to) }]));
  return { groups, groupOf, ids: [...new Set(nodes.map(({ id }) => drawn(id)))], edges: [...between.values()] };
}

function groupsOf(nodes: readonly Named[], edges: readonly Edge[]): readonly GraphGroup[] {
  if (nodes.length <= ALIKE) return [];
  const steps = stepsBefore(nodes, edges);
  const alike = new Map<string, GraphGroup & { readonly ids: string[] }>();
  for (const { id: node, name, condition } of nodes) {
    if (condition !== "") continue; // a way of a branch says when it is taken
    const id = `${steps.get(node) ?? 0}/${name}`;
    const group = alike.get(id) ?? { id, name, ids: [] };
    alike.set(id, group);
    group.ids.push(node);
  }
  return [...alike.values()].filter(({ ids }) => ids.length > ALIKE);
}

/** How many nodes come before each on the longest way to it. */
function stepsBefore(nodes: readonly Named[], edges: readonly Edge[]): ReadonlyMap<string, number> {
  const steps = new Map(nodes.map(({ id }) => [id, 0]));
  const known = edges.filter(({ from, to }) => steps.has(from) && steps.has(to));
  const after = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const waitsFor = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { from, to } of known) {
    after.get(from)?.push(to);
    waitsFor.set(to, (waitsFor.get(to) ?? 0) + 1);
  }
  const ready = nodes.map(({ id }) => id).filter((id) => waitsFor.get(id) === 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const next of after.get(id) ?? []) {
      steps.set(next, Math.max(steps.get(next) ?? 0, (steps.get(id) ?? 0) + 1));
      const left = (waitsFor.get(next) ?? 0) - 1;
      waitsFor.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return steps;
}

export interface NodeItem {
  readonly kind: "node";
  readonly id: string;
  readonly phase: NodePhase;
  readonly row: NodeRow;
}

export interface GroupItem {
  readonly kind: "group";
  readonly id: string;
  readonly phase: NodePhase;
  readonly name: string;
  readonly rows: readonly NodeRow[];
}

export type GraphItem = NodeItem | GroupItem;

/** What is drawn, as it stands. A node of which nothing has changed has the same row as before. */
export function graphItems(rows: readonly NodeRow[], { groups, groupOf }: Folding): readonly GraphItem[] {
  const held = new Map<string, NodeRow[]>();
  const items: GraphItem[] = [];
  for (const row of rows) {
    const group = groupOf.get(row.id);
    if (group === undefined) items.push({ kind: "node", id: row.id, phase: row.phase, row });
    else if (held.has(group)) held.get(group)?.push(row);
    else held.set(group, [row]);
  }
  const names = new Map(groups.map(({ id, name }) => [id, name]));
  for (const [id, inside] of held) {
    items.push({ kind: "group", id, phase: phaseOfAll(inside), name: names.get(id) ?? id, rows: inside });
  }
  return items;
}

/** How many nodes are drawn, those in groups too. */
export function countNodes(items: readonly GraphItem[]): number {
  return items.reduce((sum, item) => sum + (item.kind === "group" ? item.rows.length : 1), 0);
}
