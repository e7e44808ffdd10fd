/** A browser for streams to live in, driven by the test: connections, visibility and timers happen when it says so. */
import type { Surroundings } from "../../src/core/liveStream";

interface Timer {
  readonly callback: () => void;
  readonly ms: number;
}

export class Connection {
  aborted = false;
  private stream: ReadableStreamDefaultController<Uint8Array> | null = null;
  private answer!: (response: Response) => void;
  private refuse!: (error: Error) => void;
  readonly response = new Promise<Response>((resolve, reject) => {
    this.answer = resolve;
    this.refuse = reject;
  });

  constructor(
    readonly url: string,
    readonly headers: Headers,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => {
      this.aborted = true;
      this.refuse(new DOMException("aborted", "AbortError"));
    });
  }

  get lastEventId(): string | null {
    return this.headers.get("Last-Event-ID");
  }

  async open(headers: Record<string, string> = {}): Promise<void> {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => (this.stream = controller) });
    this.answer(new Response(body, { status: 200, headers }));
    await settled();
  }

  async reject(status: number, body: string): Promise<void> {
    this.answer(new Response(body, { status }));
    await settled();
  }

  async send(event: string, data: unknown, id?: string): Promise<void> {
    const lines = [`event: ${event}`, ...(id === undefined ? [] : [`id: ${id}`]), `data: ${JSON.stringify(data)}`];
    this.stream?.enqueue(new TextEncoder().encode(`${lines.join("\n")}\n\n`));
    await settled();
  }

  async drop(): Promise<void> {
    if (this.stream) this.stream.error(new TypeError("network"));
    else this.refuse(new TypeError("network"));
    await settled();
  }

  async finish(): Promise<void> {
    this.stream?.close();
    await settled();
  }
}

export class FakeSurroundings implements Surroundings {
  readonly connections: Connection[] = [];
  private visibility = false;
  private readonly watchers = new Set<() => void>();
  private readonly timers = new Set<Timer>();

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    if (!init.signal) throw new Error("a stream must be closable");
    const connection = new Connection(url, new Headers(init.headers), init.signal);
    this.connections.push(connection);
    return connection.response;
  };

  readonly hidden = (): boolean => this.visibility;

  readonly onVisibility = (listener: () => void): (() => void) => {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  };

  readonly setTimer = (callback: () => void, ms: number): (() => void) => {
    const timer = { callback, ms };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** How often a stream has let the page go on before it did. */
  tasks = 0;

  readonly nextTask = (): Promise<void> => {
    this.tasks++;
    return Promise.resolve();
  };

  get last(): Connection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error("nothing has connected");
    return connection;
  }

  /** The shortest time until a timer is due; null when none is set. */
  get due(): number | null {
    return this.timers.size === 0 ? null : Math.min(...[...this.timers].map((timer) => timer.ms));
  }

  async hide(hidden: boolean): Promise<void> {
    this.visibility = hidden;
    for (const watcher of this.watchers) watcher();
    await settled();
  }

  /** Let the timer that is due next fire. */
  async tick(): Promise<void> {
    const [next] = [...this.timers].sort((a, b) => a.ms - b.ms);
    if (!next) throw new Error("no timer is set");
    this.timers.delete(next);
    next.callback();
    await settled();
  }
}

/** Until something that happens by itself has happened; else the test's time is over. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Until all that can happen by itself has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
