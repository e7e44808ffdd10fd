/** An execution's nodes as the page lists them: what ran, joined with what the workflow says is still to come. */
import type { NodeExecution, NodePhase, TaskExecution, Workflow, WorkflowNode } from "../protocol/flyte";
import { parseDuration } from "./durations";
import { isQueued, NODE_PHASES } from "./phases";
import { NOTHING_QUEUED, type Queue, type Queued } from "./queue";

export interface NodeRow {
  readonly id: string;
  /** The node's name, else its task's without its module. */
  readonly name: string;
  readonly depth: number;
  /** QUEUED also while a retry waits to be started. */
  readonly phase: NodePhase;
  /** Since when, and what for, while it is queued. */
  readonly queued: (Queued & { readonly since: number | null }) | null;
  readonly node: NodeExecution | null;
  readonly attempts: readonly TaskExecution[];
  readonly hasDeck: boolean;
  readonly cached: boolean;
  /** Milliseconds since the epoch; null while it has not begun. */
  readonly startedAt: number | null;
  /** Null while it has not ended. */
  readonly endedAt: number | null;
}

const BOUNDARIES = new Set(["start-node", "end-node"]);

export function nodeRows(
  nodes: ReadonlyMap<string, NodeExecution>,
  tasks: ReadonlyMap<string, readonly TaskExecution[]>,
  workflow: Workflow | null,
  queue: Queue = NOTHING_QUEUED,
): NodeRow[] {
  const planned = new Map(workflowNodes(workflow).map((node) => [node.id, node]));
  const ids = [...new Set([...planned.keys(), ...nodes.keys()])].filter((id) => !BOUNDARIES.has(lastPart(id)));
  const parents = parentsOf(ids, nodes);
  const rows = ids.map((id) => rowOf(id, nodes.get(id) ?? null, tasks.get(id) ?? [], planned.get(id) ?? null, queue.get(id)));
  return nested(rows, parents);
}

/** The nodes that the workflow itself declares, without its boundaries. */
export function workflowNodes(workflow: Workflow | null): readonly WorkflowNode[] {
  const nodes = workflow?.closure?.compiledWorkflow?.primary?.template?.nodes ?? [];
  return nodes.filter((node) => !BOUNDARIES.has(node.id));
}

function rowOf(
  id: string,
  node: NodeExecution | null,
  attempts: readonly TaskExecution[],
  planned: WorkflowNode | null,
  queued: Queued | undefined,
): NodeRow {
  const closure = node?.closure;
  const latest = attempts.at(-1);
  const recorded = closure?.phase ?? (node ? "QUEUED" : "UNDEFINED");
  const phase = recorded === "RUNNING" && latest && isQueued(latest) ? "QUEUED" : recorded;
  const startedAt = millis(closure?.startedAt ?? attempts[0]?.closure?.startedAt);
  return {
    id,
    name: planned?.metadata?.name ?? shortName(attempts[0]?.id.taskId.name ?? taskName(planned)) ?? id,
    depth: 0,
    phase,
    queued: phase === "QUEUED" ? queuedOf(node, latest, queued) : null,
    node,
    attempts,
    hasDeck: Boolean(closure?.deckUri),
    cached: closure?.taskNodeMetadata?.cacheStatus === "CACHE_HIT",
    startedAt,
    endedAt: endedAt(node, phase, startedAt),
  };
}

function queuedOf(node: NodeExecution | null, latest: TaskExecution | undefined, now: Queued | undefined): NodeRow["queued"] {
  const waits = latest && isQueued(latest) ? latest.closure : undefined;
  const since = millis(waits?.createdAt ?? node?.closure?.createdAt);
  return { reason: now?.reason ?? waits?.reason ?? "", ahead: now?.ahead ?? null, since };
}

function endedAt(node: NodeExecution | null, phase: NodePhase, startedAt: number | null): number | null {
  if (!NODE_PHASES[phase].terminal) return null;
  const seconds = parseDuration(node?.closure?.duration);
  if (startedAt !== null && seconds !== null) return startedAt + seconds * 1000;
  return millis(node?.closure?.updatedAt) ?? startedAt;
}

/** Flyte names a child `{parent}-{retry}-{node}`; the longest parent that fits is the nearest. */
function parentsOf(
  ids: readonly string[],
  nodes: ReadonlyMap<string, NodeExecution>,
): ReadonlyMap<string, string | null> {
  const parents = ids.filter((id) => nodes.get(id)?.metadata?.isParentNode).sort((a, b) => b.length - a.length);
  return new Map(ids.map((id) => [id, parents.find((parent) => id.startsWith(`${parent}-`)) ?? null]));
}

function nested(rows: readonly NodeRow[], parents: ReadonlyMap<string, string | null>): NodeRow[] {
  const under = (parent: string | null, depth: number): NodeRow[] =>
    rows
      .filter((row) => (parents.get(row.id) ?? null) === parent)
      .flatMap((row) => [{ ...row, depth }, ...under(row.id, depth + 1)]);
  return under(null, 0);
}

function taskName(planned: WorkflowNode | null): string | undefined {
  const { taskNode, workflowNode, arrayNode } = planned ?? {};
  return (
    taskNode?.referenceId?.name ??
    workflowNode?.subWorkflowRef?.name ??
    workflowNode?.launchplanRef?.name ??
    arrayNode?.node?.taskNode?.referenceId?.name
  );
}

/** A task's or workflow's name without the modules before it. */
export function shortName(name: string | undefined): string | undefined {
  return name?.split(".").at(-1);
}

function lastPart(id: string): string {
  return BOUNDARIES.has(id) ? id : id.replace(/^.*-\d+-(?=(start|end)-node$)/, "");
}

function millis(time: string | undefined): number | null {
  const value = time ? Date.parse(time) : NaN;
  return Number.isNaN(value) ? null : value;
}
