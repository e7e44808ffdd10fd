/** One execution, live: the execution itself, its nodes and their attempts, as the stream sends them. */
import type { Execution, NodeExecution, TaskExecution } from "../protocol/flyte";
import type { ArrayItems, ExecutionQueue, Stale } from "../protocol/live.gen";
import { executionKey } from "./api";
import { ItemsOfNodes, type Item } from "./items";
import { BROWSER, LiveStream, type StreamState, type Surroundings } from "./liveStream";
import { Observable, type Readable } from "./observable";
import { NOTHING_QUEUED, readQueue, type Queue } from "./queue";
import type { ServerClock } from "./serverClock";
import type { ServerEvent } from "./sse";
import type { ExecutionId } from "../protocol/flyte";

export interface ExecutionView {
  readonly stream: StreamState;
  /** All that exists has been sent at least once. */
  readonly ready: boolean;
  /** It was deleted while it was looked at; what is shown is what was known then. */
  readonly deleted: boolean;
  /** Nothing more will be known of it: it was deleted, or the server does not have it (any more). */
  readonly gone: boolean;
  readonly execution: Execution | null;
  /** By node id, in the order in which they appeared. */
  readonly nodes: ReadonlyMap<string, NodeExecution>;
  /** Each node's attempts, by attempt. */
  readonly tasks: ReadonlyMap<string, readonly TaskExecution[]>;
  /** What has begun of the items of array nodes, by the node's id. */
  readonly items: ReadonlyMap<string, readonly Item[]>;
  /** What holds back nodes now. */
  readonly queue: Queue;
  /** Why all this may not be how things stand now, as the server says; empty while it is. */
  readonly stale: string;
}

/** Views take time to make and to draw: one for all that changes within so many milliseconds. */
const VIEW_EVERY_MS = 100;
/** Of very many nodes they take some milliseconds, and much of what changes is out of sight. */
const MANY = 200;
const VIEW_OF_MANY_EVERY_MS = 300;

export class ExecutionSession {
  private readonly current: Observable<ExecutionView>;
  readonly view: Readable<ExecutionView>;
  private readonly stream: LiveStream;
  private readonly nodes = new Map<string, NodeExecution>();
  private readonly tasks = new Map<string, readonly TaskExecution[]>();
  private items = new ItemsOfNodes();
  private queue = NOTHING_QUEUED;
  private execution: Execution | null = null;
  private ready = false;
  private deleted = false;
  private stale = "";
  /** Something has changed since the last view. */
  private changed = false;
  /** Of the next view; null when there was none for a while, and the next one is made at once. */
  private cancelTimer: (() => void) | null = null;

  constructor(
    id: ExecutionId,
    private readonly around: Surroundings = BROWSER,
  ) {
    this.current = new Observable<ExecutionView>({
      stream: { status: "connecting", reason: "" },
      ready: false,
      deleted: false,
      gone: false,
      execution: null,
      nodes: new Map(),
      tasks: new Map(),
      items: new Map(),
      queue: NOTHING_QUEUED,
      stale: "",
    });
    this.view = this.current;
    this.stream = new LiveStream(`/live/executions/${executionKey(id)}`, (event) => this.take(event), around);
    this.stream.state.subscribe(() => this.publish());
    this.publish();
  }

  get clock(): ServerClock {
    return this.stream.clock;
  }

  close(): void {
    this.cancelTimer?.();
    this.stream.close();
  }

  private take({ event, data }: ServerEvent): "end" | undefined {
    if (event === "execution") this.execution = JSON.parse(data) as Execution;
    else if (event === "node") this.takeNode(JSON.parse(data) as NodeExecution);
    else if (event === "task") this.takeTask(JSON.parse(data) as TaskExecution);
    else if (event === "items") this.items.take(JSON.parse(data) as ArrayItems);
    else if (event === "queue") this.queue = readQueue(JSON.parse(data) as ExecutionQueue);
    else if (event === "ready") this.takeReady();
    else if (event === "stale") this.stale = (JSON.parse(data) as Stale).reason;
    else if (event === "reset") this.reset();
    else if (event === "deleted") this.deleted = true;
    this.publish();
    return event === "end" || event === "deleted" ? "end" : undefined;
  }

  /** A stream begins with how things stand, and then says what of it is stale. */
  private takeReady(): void {
    this.ready = true;
    this.stale = "";
  }

  /** What is known is of another database. */
  private reset(): void {
    this.nodes.clear();
    this.tasks.clear();
    this.items = new ItemsOfNodes();
    this.queue = NOTHING_QUEUED;
  }

  private takeNode(node: NodeExecution): void {
    this.nodes.set(node.id.nodeId, node);
  }

  private takeTask(task: TaskExecution): void {
    const { nodeId } = task.id.nodeExecutionId;
    const attempt = (each: TaskExecution) => each.id.retryAttempt ?? 0;
    const others = (this.tasks.get(nodeId) ?? []).filter((each) => attempt(each) !== attempt(task));
    this.tasks.set(nodeId, [...others, task].sort((a, b) => attempt(a) - attempt(b)));
  }

  private publish(): void {
    this.changed = true;
    this.cancelTimer ??= this.around.setTimer(() => this.makeView(), 0);
  }

  private makeView(): void {
    this.cancelTimer = null;
    if (!this.changed) return;
    this.changed = false;
    this.cancelTimer = this.around.setTimer(() => this.makeView(), this.nodes.size > MANY ? VIEW_OF_MANY_EVERY_MS : VIEW_EVERY_MS);
    const stream = this.stream.state.get();
    const gone = this.deleted || stream.status === "refused";
    if (gone) this.clock.stop();
    this.current.set({
      stream,
      ready: this.ready,
      deleted: this.deleted,
      gone,
      execution: this.execution,
      nodes: new Map(this.nodes),
      tasks: new Map(this.tasks),
      items: this.items.all(),
      queue: this.queue,
      stale: this.stale,
    });
  }
}
