/** A domain's executions as they are created and change. */
import type { Execution } from "../protocol/flyte";
import type { Stale } from "../protocol/live.gen";
import { BROWSER, LiveStream, type StreamState, type Surroundings } from "./liveStream";
import { Observable, type Readable } from "./observable";
import type { ServerClock } from "./serverClock";
import type { ServerEvent } from "./sse";

export interface ExecutionsView {
  readonly stream: StreamState;
  readonly ready: boolean;
  /** By name; the latest word on each. */
  readonly executions: ReadonlyMap<string, Execution>;
  /** Names of those that were deleted since, whatever a list read earlier says. */
  readonly deleted: ReadonlySet<string>;
  /** How often the server has turned out to have another database: lists that were read before are of none it has. */
  readonly resets: number;
  /** Why all this may not be how things stand now, as the server says; empty while it is. */
  readonly stale: string;
}

export const NO_EXECUTIONS: ExecutionsView = {
  stream: { status: "connecting", reason: "" },
  ready: false,
  executions: new Map(),
  deleted: new Set(),
  resets: 0,
  stale: "",
};

export class ExecutionsSession {
  private readonly current = new Observable<ExecutionsView>(NO_EXECUTIONS);
  readonly view: Readable<ExecutionsView> = this.current;
  private readonly stream: LiveStream;

  constructor(project: string, domain: string, around: Surroundings = BROWSER) {
    const query = new URLSearchParams({ project, domain });
    this.stream = new LiveStream(`/live/executions?${query.toString()}`, (event) => this.take(event), around);
    const follow = () => this.current.update((view) => ({ ...view, stream: this.stream.state.get() }));
    this.stream.state.subscribe(follow);
    follow();
  }

  get clock(): ServerClock {
    return this.stream.clock;
  }

  close(): void {
    this.stream.close();
  }

  private take({ event, data }: ServerEvent): undefined {
    if (event === "ready") this.current.update((view) => ({ ...view, ready: true, stale: "" }));
    if (event === "stale") this.current.update((view) => ({ ...view, stale: (JSON.parse(data) as Stale).reason }));
    if (event === "reset") this.current.update(({ stream, resets }) => ({ ...NO_EXECUTIONS, stream, resets: resets + 1 }));
    if (event !== "execution" && event !== "deleted") return;
    const execution = JSON.parse(data) as Execution;
    const { name } = execution.id;
    this.current.update((view) => {
      const executions = new Map(view.executions);
      const deleted = new Set(view.deleted);
      if (event === "deleted") executions.delete(name);
      else executions.set(name, execution);
      if (event === "deleted") deleted.add(name);
      else deleted.delete(name); // another of the same name
      return { ...view, executions, deleted };
    });
  }
}
