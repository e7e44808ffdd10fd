/** An execution's nodes as the page lists them: what ran, joined with what the workflow says is still to come. */
import type {
  ExecutionId,
  BindingData,
  CompiledWorkflow,
  CompiledWorkflowClosure,
  EntityId,
  NodeExecution,
  NodePhase,
  TaskExecution,
  Workflow,
  WorkflowNode,
} from "../protocol/flyte";
import { words } from "./bidi";
import { allWaysOf, LONGEST_ID, waysOf, type Way } from "./branches";
import { parseDuration } from "./durations";
import { gateOf, type Gate } from "./gates";
import { countsOfItems, countsOfTones, tallyWords, type Item, type Tally } from "./items";
import { showLiteral, type Shown } from "./literals";
import { isQueued, NODE_PHASES, nodeLook } from "./phases";
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
  /** Its nodes are what runs; it has no attempt, log or Deck of its own. */
  readonly holdsNodes: boolean;
  /** It takes one of several ways, which are drawn beside it. */
  readonly isBranch: boolean;
  /** What it waits for, if it runs nothing. */
  readonly gate: Gate | null;
  /** Its items are what runs: it maps a task over lists. */
  readonly holdsItems: boolean;
  /** How many items it has and how they stand, if it is a map of which something is known; else null. */
  readonly tally: Tally | null;
  /** An execution of its own is what runs: it has a page, where its log and Decks are. */
  readonly startsExecution: boolean;
  /** That execution, once it is there. */
  readonly child: ExecutionId | null;
  /** The item's number, if it is one of an array node; else null. */
  readonly item: number | null;
  /** What it is given (`x=3, y=n0.o0`), where others have the same name; else empty. */
  readonly given: string;
  /** When it runs, if it is a way of a branch (`if x > 3`, `else`); else empty. */
  readonly condition: string;
  /** The image that its author has given its task; empty: none. */
  readonly image: string;
  /** Milliseconds since the epoch; null while it has not begun. */
  readonly startedAt: number | null;
  /** Null while it has not ended. */
  readonly endedAt: number | null;
}

/** What stands for the image of a task whose author has given none (`livedeck/sdk/specs/settings.py`). */
const NO_IMAGE = "livedeck";

const BOUNDARIES = new Set(["start-node", "end-node"]);

/** What is recorded of a node. */
interface Known {
  readonly node: NodeExecution | null;
  readonly attempts: readonly TaskExecution[];
  readonly queued: Queued | undefined;
  /** What has begun of its items. */
  readonly items: readonly Item[];
}

/** What a row was made of, and what it became. */
interface Made extends Known {
  readonly planned: WorkflowNode | null;
  readonly row: NodeRow;
  /** In its place among the others. */
  placed: NodeRow;
}

const NO_ATTEMPTS: readonly TaskExecution[] = [];
const NO_ITEMS: readonly Item[] = [];
const NOTHING_MAPPED: ReadonlyMap<string, readonly Item[]> = new Map();

/** What dynamic tasks have said is to run, by the node's id. */
export type DynamicWorkflows = ReadonlyMap<string, CompiledWorkflowClosure>;

const NOTHING_DYNAMIC: DynamicWorkflows = new Map();

/** Which nodes there are, and what is inside of what. */
interface Structure {
  readonly workflow: Workflow | null;
  readonly dynamic: DynamicWorkflows;
  /** How many nodes have begun; they never get fewer. */
  readonly begun: number;
  /** Ids in the order in which they are listed, each with its depth. */
  readonly order: readonly (readonly [string, number])[];
  readonly plan: Plan;
}

/** Makes the rows of one execution, again and again: one of which nothing has changed is the same object as before. */
export class NodeRows {
  private made = new Map<string, Made>();
  private structure: Structure | null = null;
  /** How many nodes have a name. */
  private names = new Map<string, number>();

  rows(
    nodes: ReadonlyMap<string, NodeExecution>,
    tasks: ReadonlyMap<string, readonly TaskExecution[]>,
    workflow: Workflow | null,
    queue: Queue = NOTHING_QUEUED,
    dynamic: DynamicWorkflows = NOTHING_DYNAMIC,
    items: ReadonlyMap<string, readonly Item[]> = NOTHING_MAPPED,
  ): NodeRow[] {
    const { order, plan } = (this.structure = this.structured(nodes, tasks, workflow, dynamic));
    const before = this.made;
    this.made = new Map(
      order.map(([id]) => {
        const [node, attempts] = [nodes.get(id) ?? null, tasks.get(id) ?? NO_ATTEMPTS];
        return [id, this.make(id, { node, attempts, queued: queue.get(id), items: items.get(id) ?? NO_ITEMS }, plan)];
      }),
    );
    if (this.made.size !== before.size || order.some(([id]) => this.made.get(id)?.row.name !== before.get(id)?.row.name)) {
      this.names = new Map();
      for (const { row } of this.made.values()) this.names.set(row.name, (this.names.get(row.name) ?? 0) + 1);
    }
    return this.withTallies(order.map(([id, depth]) => this.place(id, depth)));
  }

  /** The rows, each map whose items are nodes with how those stand. */
  private withTallies(rows: readonly NodeRow[]): NodeRow[] {
    return rows.map((row) => {
      const made = this.made.get(row.id);
      if (!made || !row.holdsNodes || !isMap(made.node, made.planned)) return row;
      const inside = childrenOf(rows, row);
      if (inside.length === 0) return row;
      const tally = tallyOfNodes(row, inside);
      if (row.tally === null || tallyWords(row.tally) !== tallyWords(tally)) made.placed = { ...row, tally };
      return made.placed;
    });
  }

  /** The structure as it was, unless something has changed that it is made of. */
  private structured(
    nodes: ReadonlyMap<string, NodeExecution>,
    tasks: ReadonlyMap<string, readonly TaskExecution[]>,
    workflow: Workflow | null,
    dynamic: DynamicWorkflows,
  ): Structure {
    const before = this.structure;
    const same = before?.workflow === workflow && before.dynamic === dynamic && before.begun === nodes.size;
    if (before && same && dynamic.size === 0 && !this.heldOtherwise(nodes)) return before;
    const planned = [...graphNodes(workflow), ...dynamicNodes(dynamic, tasks)];
    const ids = [...new Set([...planned.map(({ id }) => id), ...nodes.keys()])].filter((id) => !isBoundary(id));
    const parents = parentsOf(ids, nodes, planned);
    const plan = new Plan(planned, workflow, dynamic, nodes, parents);
    return { workflow, dynamic, begun: nodes.size, order: nested(ids, parents), plan };
  }

  /** Whether a node has become one that holds others, such as a dynamic task that has said what is to run. */
  private heldOtherwise(nodes: ReadonlyMap<string, NodeExecution>): boolean {
    for (const [id, { node }] of this.made) {
      const now = nodes.get(id);
      if (now !== node && now?.metadata?.isParentNode !== node?.metadata?.isParentNode) return true;
    }
    return false;
  }

  /** What runs inside of a node that was among the last rows, as it was compiled; null: nothing, or not known. */
  compiledInside(id: string): CompiledWorkflow | null {
    return this.structure?.plan.compiledInside(id) ?? null;
  }

  private make(id: string, known: Known, plan: Plan): Made {
    const { node, attempts, queued, items } = known;
    const planned = plan.of(id);
    const before = this.made.get(id);
    const same = before?.node === node && before.attempts === attempts && before.planned === planned && before.items === items;
    if (same && before.queued?.ahead === queued?.ahead && before.queued?.reason === queued?.reason) return before;
    const given = before?.planned === planned ? before.row.given : givenTo(planned);
    const row = { ...rowOf(id, known, planned, given), condition: plan.conditionOf(id), image: plan.imageOf(planned) };
    return { ...known, planned, row, placed: row };
  }

  /** Nodes of one name are told apart by what they are given. */
  private place(id: string, depth: number): NodeRow {
    const made = this.made.get(id);
    if (!made) throw new Error(`there is no row of node ${id}`);
    const given = (this.names.get(made.row.name) ?? 0) > 1 ? made.row.given : "";
    if (made.placed.depth !== depth || made.placed.given !== given) made.placed = { ...made.row, depth, given };
    return made.placed;
  }
}

/** The nodes that a workflow itself declares and that are to run, without its boundaries and its failure node. */
export function declaredNodes(compiled: CompiledWorkflow | null | undefined): readonly WorkflowNode[] {
  return (compiled?.template?.nodes ?? []).filter((node) => !BOUNDARIES.has(node.id));
}

/** The nodes that are drawn of a workflow: its own, and the ways of its branches. */
export function graphNodes(workflow: Workflow | null): readonly Pick<Way, "id" | "node">[] {
  return declaredNodes(workflow?.closure?.compiledWorkflow?.primary).flatMap((node) => [{ id: node.id, node }, ...allWaysOf(node.id, node)]);
}

/** The nodes that the latest attempts of dynamic tasks have declared. */
function dynamicNodes(
  dynamic: DynamicWorkflows,
  tasks: ReadonlyMap<string, readonly TaskExecution[]>,
): readonly Pick<Way, "id" | "node">[] {
  return [...dynamic].flatMap(([parent, { primary }]) => {
    const attempt = tasks.get(parent)?.at(-1)?.id.retryAttempt ?? 0;
    return declaredNodes(primary)
      .map((node) => ({ id: `${parent}-${attempt}-${node.id}`, node }))
      .filter(({ id }) => id.length <= LONGEST_ID)
      .flatMap(({ id, node }) => [{ id, node }, ...allWaysOf(id, node)]);
  });
}

/** What the workflow says of each node, of those inside of sub-workflows and dynamic tasks too. */
class Plan {
  private readonly known = new Map<string, WorkflowNode | null>();
  private readonly workflows: ReadonlyMap<string, CompiledWorkflow>;
  private readonly images: ReadonlyMap<string, string>;

  constructor(
    planned: readonly Pick<Way, "id" | "node">[],
    workflow: Workflow | null,
    private readonly dynamic: DynamicWorkflows,
    private readonly nodes: ReadonlyMap<string, NodeExecution>,
    private readonly parents: ReadonlyMap<string, string | null>,
  ) {
    const compiled = workflow?.closure?.compiledWorkflow;
    planned.forEach(({ id, node }) => this.known.set(id, node));
    const failureNode = compiled?.primary?.template?.failureNode;
    if (failureNode) this.known.set(failureNode.id, failureNode);
    const closures = [compiled, ...dynamic.values()];
    const inner = closures.flatMap((closure) => closure?.subWorkflows ?? []);
    this.workflows = new Map(inner.map((sub) => [entityKey(sub.template?.id), sub]));
    const tasks = closures.flatMap((closure) => closure?.tasks ?? []);
    this.images = new Map(tasks.map(({ template }) => [entityKey(template?.id), template?.container?.image ?? ""]));
  }

  /** When a way of a branch runs; empty for every other node. */
  conditionOf(id: string): string {
    const parent = this.parents.get(id);
    return parent ? (waysOf(parent, this.of(parent)).find((way) => way.id === id)?.condition ?? "") : "";
  }

  /** The image that a node, or else its task, is to run in. */
  imageOf(planned: WorkflowNode | null): string {
    const task = (planned?.arrayNode?.node ?? planned)?.taskNode;
    const image = task?.overrides?.containerImage ?? this.images.get(entityKey(task?.referenceId)) ?? "";
    return image === NO_IMAGE ? "" : image;
  }

  of(id: string): WorkflowNode | null {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const found = this.inside(id);
    this.known.set(id, found);
    return found;
  }

  private inside(id: string): WorkflowNode | null {
    const parent = this.parents.get(id);
    const spec = this.nodes.get(id)?.metadata?.specNodeId;
    if (!parent || !spec) return null;
    const holder = this.of(parent);
    if (holder?.branchNode) return waysOf(parent, holder).find(({ node }) => node.id === spec)?.node ?? null;
    if (holder?.arrayNode?.node) return itemPlanned(holder, holder.arrayNode.node);
    return declaredBy(this.compiledInside(parent)).find((node) => node.id === spec) ?? null;
  }

  compiledInside(id: string): CompiledWorkflow | null {
    const declared = this.dynamic.get(id)?.primary;
    return declared ?? this.workflows.get(entityKey(this.of(id)?.workflowNode?.subWorkflowRef)) ?? null;
  }
}

/** What all items of a map run that are nodes: they go by its name. Its lists, which it gives them, are no item's. */
function itemPlanned({ id, metadata }: WorkflowNode, { taskNode, workflowNode }: WorkflowNode): WorkflowNode {
  return { id, ...(metadata && { metadata }), ...(taskNode && { taskNode }), ...(workflowNode && { workflowNode }) };
}

function declaredBy(workflow: CompiledWorkflow | null): readonly WorkflowNode[] {
  const { nodes = [], failureNode } = workflow?.template ?? {};
  return failureNode ? [...nodes, failureNode] : nodes;
}

function entityKey(id: EntityId | undefined): string {
  return id ? [id.project, id.domain, id.name, id.version].join("/") : "";
}

const LONGEST_GIVEN = 60;

function givenTo(planned: WorkflowNode | null): string {
  const given = (planned?.inputs ?? []).map(({ var: name, binding }) => words`${name ?? ""}=${boundTo(binding)}`).join(", ");
  return given.length > LONGEST_GIVEN ? `${given.slice(0, LONGEST_GIVEN)}…` : given;
}

function boundTo(binding: BindingData | undefined): string {
  if (binding?.promise) return [binding.promise.nodeId, binding.promise.var].filter(Boolean).join(".");
  if (binding?.scalar) return shownShort(showLiteral({ scalar: binding.scalar }));
  if (binding?.collection) return `[${(binding.collection.bindings ?? []).map(boundTo).join(", ")}]`;
  if (binding?.map) return "{…}";
  return "None";
}

function shownShort(shown: Shown): string {
  if (shown.form === "text") return shown.type === "str" ? JSON.stringify(shown.text) : shown.text;
  if (shown.form === "code") return shown.text;
  return shown.form === "uri" ? (shown.uri.split("/").at(-1) ?? "") : "…";
}

function rowOf(id: string, known: Known, planned: WorkflowNode | null, given: string): NodeRow {
  const { node, attempts, queued } = known;
  const closure = node?.closure;
  const latest = attempts.at(-1);
  const recorded = closure?.phase ?? (node ? "QUEUED" : "UNDEFINED");
  const phase = recorded === "RUNNING" && latest && isQueued(latest) ? "QUEUED" : recorded;
  const startedAt = millis(closure?.startedAt ?? attempts[0]?.closure?.startedAt);
  const child = closure?.workflowNodeMetadata?.executionId ?? null;
  const map = isMap(node, planned);
  const holdsItems = map && !mapsNodes(planned);
  return {
    id,
    name: planned?.metadata?.name ?? nodeName(attempts[0]?.id.taskId.name ?? taskName(planned)) ?? id,
    depth: 0,
    phase,
    queued: phase === "QUEUED" ? queuedOf(node, latest, queued) : null,
    node,
    attempts,
    hasDeck: Boolean(closure?.deckUri),
    cached: closure?.taskNodeMetadata?.cacheStatus === "CACHE_HIT",
    holdsItems,
    tally: holdsItems ? tallyOfItems(known) : null,
    startsExecution: planned?.workflowNode?.launchplanRef !== undefined || child !== null,
    child,
    item: null,
    holdsNodes:
      (map && !holdsItems) ||
      (node?.metadata?.isParentNode ?? (planned?.workflowNode?.subWorkflowRef ?? planned?.branchNode) !== undefined),
    isBranch: planned?.branchNode !== undefined,
    gate: gateOf(planned),
    given,
    condition: "",
    image: "",
    startedAt,
    endedAt: endedAt(node, phase, startedAt),
  };
}

function isMap(node: NodeExecution | null, planned: WorkflowNode | null): boolean {
  return node?.metadata?.isArray ?? planned?.arrayNode !== undefined;
}

/** Whether the items of a map are nodes: executions, or tasks that were registered to be run once. */
function mapsNodes(planned: WorkflowNode | null): boolean {
  const { node, isOriginalSubNodeInterface } = planned?.arrayNode ?? {};
  return node?.workflowNode !== undefined || isOriginalSubNodeInterface === true;
}

function tallyOfItems({ attempts, items }: Known): Tally | null {
  const told = attempts.at(-1)?.closure?.customInfo?.["items"];
  const size = typeof told === "number" ? told : null;
  return size === null && items.length === 0 ? null : { size, counts: countsOfItems(items) };
}

/** Nobody says how many nodes there will be, before all of them have succeeded. */
function tallyOfNodes({ phase }: NodeRow, inside: readonly NodeRow[]): Tally {
  const counts = countsOfTones(inside.filter(({ node }) => node !== null).map((each) => nodeLook(each).tone));
  return { size: phase === "SUCCEEDED" ? inside.length : null, counts };
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
  planned: readonly Pick<Way, "id" | "node">[],
): ReadonlyMap<string, string | null> {
  const branches = planned.filter(({ node }) => node.branchNode);
  const parents = new Set(branches.map(({ id }) => id)); // their ways are listed before they are chosen from
  for (const id of ids) {
    const { isParentNode, isArray } = nodes.get(id)?.metadata ?? {};
    if (isParentNode || isArray) parents.add(id); // items of a map over a launch plan are nodes
  }
  return new Map(ids.map((id) => [id, parents.size === 0 ? null : nearest(id, parents)]));
}

function nearest(id: string, parents: ReadonlySet<string>): string | null {
  for (let end = id.lastIndexOf("-"); end > 0; end = id.lastIndexOf("-", end - 1)) {
    const parent = id.slice(0, end);
    if (parents.has(parent)) return parent;
  }
  return null;
}

/** Ids in the order in which they are listed, each with its depth: what is inside of a node follows it. */
function nested(ids: readonly string[], parents: ReadonlyMap<string, string | null>): (readonly [string, number])[] {
  const children = new Map<string | null, string[]>();
  for (const id of ids) {
    const parent = parents.get(id) ?? null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(id);
    else children.set(parent, [id]);
  }
  const listed: (readonly [string, number])[] = [];
  const list = (parent: string | null, depth: number): void => {
    for (const id of children.get(parent) ?? []) {
      listed.push([id, depth]);
      list(id, depth + 1);
    }
  };
  list(null, 0);
  return listed;
}

/** A node, and before it those that it is inside of, the outermost first. */
export function nodesAround(rows: readonly NodeRow[], id: string): readonly NodeRow[] {
  const around: NodeRow[] = [];
  for (const row of rows) {
    around.splice(row.depth, Infinity, row);
    if (row.id === id) return around;
  }
  return [];
}

/** The nodes directly inside of another, in their order. */
export function childrenOf(rows: readonly NodeRow[], parent: NodeRow): readonly NodeRow[] {
  const first = rows.findIndex(({ id }) => id === parent.id) + 1;
  const end = rows.findIndex(({ depth }, index) => index >= first && depth <= parent.depth);
  return rows.slice(first, end === -1 ? undefined : end).filter(({ depth }) => depth === parent.depth + 1);
}

function taskName(planned: WorkflowNode | null): string | undefined {
  const { taskNode, workflowNode } = planned?.arrayNode?.node ?? planned ?? {};
  return taskNode?.referenceId?.name ?? workflowNode?.subWorkflowRef?.name ?? workflowNode?.launchplanRef?.name;
}

/** What a map's task is called: `map_`, the name of the task that it maps, and a digest. */
const MAPPED = /^map_(.+)_[0-9a-f]{32}(?:-arraynode)?$/;

/** A node's name by its task's, while the workflow is not known: that of a map by the task that it maps. */
function nodeName(task: string | undefined): string | undefined {
  return shortName(task)?.replace(MAPPED, "$1");
}

/** A task's or workflow's name without the modules before it. */
export function shortName(name: string | undefined): string | undefined {
  return name?.split(".").at(-1);
}

/** Whether a node is where a workflow begins or ends, at any depth: nothing runs there. */
function isBoundary(id: string): boolean {
  return id.endsWith("-node") && /^(.*-\d+-)?(start|end)-node$/.test(id);
}

function millis(time: string | undefined): number | null {
  const value = time ? Date.parse(time) : NaN;
  return Number.isNaN(value) ? null : value;
}
