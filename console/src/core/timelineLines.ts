/**
 * What the timeline lists: nodes, each followed by what is inside of it, and groups of nodes that are called the same.
 * Both may be folded. Pure: which are, the page says.
 */
import { words } from "./bidi";
import type { NodeRow } from "./nodeTree";
import { formatNumber } from "./numerals";
import { NODE_PHASES, NODE_STATES, nodeState, type NodeState } from "./phases";
import type { NodePhase } from "../protocol/flyte";

export interface NodeLine {
  readonly kind: "node";
  readonly id: string;
  readonly depth: number;
  readonly row: NodeRow;
  /** What is inside of the node, if it holds nodes. */
  readonly inside: Inside | null;
}

/** Nodes of one name beside each other: a loop's, as a rule. */
export interface GroupLine {
  readonly kind: "group";
  readonly id: string;
  readonly depth: number;
  readonly name: string;
  readonly inside: Inside;
}

export type Line = NodeLine | GroupLine;

export interface Inside {
  readonly folded: boolean;
  /** Of those that run something themselves. */
  readonly rows: readonly NodeRow[];
}

/** What the viewer has folded (true) or unfolded (false), by the id of the line. */
export type Folds = ReadonlyMap<string, boolean>;

/** More of one name than these, directly inside of one node, are a group. */
export const ALIKE = 12;
/** More nodes and groups than these directly inside of a node are folded until a viewer wants to see them. */
const INSIDE = 12;

interface Tree {
  readonly row: NodeRow;
  readonly children: Tree[];
}

export function timelineLines(rows: readonly NodeRow[], folds: Folds): readonly Line[] {
  return listed(treesOf(rows), "", 0, folds);
}

/** Nodes that fit a filter, wherever they are: nothing is folded among them. */
export function foundLines(rows: readonly NodeRow[], only: string | null, find: string): readonly Line[] {
  const wanted = find.toLowerCase();
  const fits = (row: NodeRow) =>
    (only === null || nodeState(row) === only) &&
    [row.name, row.id, row.given, row.condition].some((text) => text.toLowerCase().includes(wanted));
  return rows.filter(fits).map((row) => ({ kind: "node", id: row.id, depth: 0, row, inside: null }));
}

/** The rows as trees; they are listed with what is inside of a node behind it. */
function treesOf(rows: readonly NodeRow[]): readonly Tree[] {
  const top: Tree[] = [];
  const open: Tree[] = []; // the last of each depth
  for (const row of rows) {
    const tree: Tree = { row, children: [] };
    (row.depth === 0 ? top : (open[row.depth - 1]?.children ?? top)).push(tree);
    open[row.depth] = tree;
  }
  return top;
}

function listed(trees: readonly Tree[], parent: string, depth: number, folds: Folds): readonly Line[] {
  const named = byName(trees);
  return trees.flatMap((tree) => {
    const alike = named.get(tree.row.name) ?? [];
    if (alike.length <= ALIKE) return ofTree(tree, depth, folds);
    return alike[0] === tree ? ofGroup(alike, `${parent}/${tree.row.name}`, depth, folds) : [];
  });
}

function byName(trees: readonly Tree[]): ReadonlyMap<string, Tree[]> {
  const named = new Map<string, Tree[]>();
  for (const tree of trees) {
    const alike = named.get(tree.row.name);
    if (alike) alike.push(tree);
    else named.set(tree.row.name, [tree]);
  }
  return named;
}

/** How many nodes and groups beside each other that is. */
function linesOf(trees: readonly Tree[]): number {
  return [...byName(trees).values()].reduce((sum, { length }) => sum + (length > ALIKE ? 1 : length), 0);
}

function ofTree({ row, children }: Tree, depth: number, folds: Folds): readonly Line[] {
  if (children.length === 0) return [{ kind: "node", id: row.id, depth, row, inside: null }];
  const folded = folds.get(row.id) ?? linesOf(children) > INSIDE;
  const line: NodeLine = { kind: "node", id: row.id, depth, row, inside: { folded, rows: children.flatMap(leaves) } };
  return folded ? [line] : [line, ...listed(children, row.id, depth + 1, folds)];
}

function ofGroup(trees: readonly Tree[], id: string, depth: number, folds: Folds): readonly Line[] {
  const folded = folds.get(id) ?? true;
  const name = trees[0]?.row.name ?? "";
  const line: GroupLine = { kind: "group", id, depth, name, inside: { folded, rows: trees.flatMap(leaves) } };
  return folded ? [line] : [line, ...trees.flatMap((tree) => ofTree(tree, depth + 1, folds))];
}

function leaves({ row, children }: Tree): readonly NodeRow[] {
  return children.length === 0 ? [row] : children.flatMap(leaves);
}

/** What there is to see to first, then what still changes, then the rest. */
const ORDER: readonly NodeState[] = [
  "FAILED",
  "TIMED_OUT",
  "FAILING",
  "ABORTED",
  "WAITING",
  "RUNNING",
  "DYNAMIC_RUNNING",
  "QUEUED",
  "UNDEFINED",
  "SUCCEEDED",
  "RECOVERED",
  "SKIPPED",
];

const PHASES = ORDER.filter((state) => state !== "WAITING");

/** "58 × square". */
export function groupTitle(count: number, name: string): string {
  return words`${formatNumber(count)} × ${name}`;
}

/** "2 failed, 5 running, 51 succeeded". */
export function phaseCounts(rows: readonly NodeRow[]): string {
  const counts = countStates(rows);
  return ORDER.filter((state) => counts.has(state))
    .map((state) => `${formatNumber(counts.get(state) ?? 0)} ${NODE_STATES[state].label.toLowerCase()}`)
    .join(", ");
}

export function countStates(rows: readonly NodeRow[]): ReadonlyMap<NodeState, number> {
  const counts = new Map<NodeState, number>();
  for (const row of rows) counts.set(nodeState(row), (counts.get(nodeState(row)) ?? 0) + 1);
  return counts;
}

/** The phase that stands for all of them: what still goes on, else the worst that came of it. */
export function phaseOfAll(rows: readonly NodeRow[]): NodePhase {
  const counts = countStates(rows);
  const begun = rows.some(({ startedAt }) => startedAt !== null);
  if (counts.has("RUNNING") || counts.has("DYNAMIC_RUNNING") || counts.has("WAITING")) return "RUNNING";
  if (counts.has("QUEUED")) return begun ? "RUNNING" : "QUEUED";
  const there = PHASES.filter((phase) => counts.has(phase));
  const wrong = there.find((phase) => NODE_PHASES[phase].terminal && NODE_PHASES[phase].tone !== "good" && phase !== "SKIPPED");
  if (counts.has("UNDEFINED") && wrong === undefined) return begun ? "RUNNING" : "UNDEFINED";
  return wrong ?? there[0] ?? "UNDEFINED";
}

/** From the first start to the last end among them; without an end while one of them has none. */
export function spanOfAll(rows: readonly NodeRow[]): { readonly from: number | null; readonly to: number | null } {
  let from = Infinity;
  let to = -Infinity;
  for (const { startedAt, endedAt } of rows) {
    if (startedAt === null) continue;
    from = Math.min(from, startedAt);
    to = Math.max(to, endedAt ?? Infinity);
  }
  return { from: Number.isFinite(from) ? from : null, to: Number.isFinite(to) ? to : null };
}
