/**
 * One Server-Sent Events stream that survives: it reconnects with `Last-Event-ID` after a lost connection, and closes
 * itself while the tab is hidden to resume when it is shown. All streams of a page share one connection, and many pages do.
 *
 * `fetch` rather than EventSource: only it can name the event to resume after when the stream was closed on purpose.
 */
import { backoff } from "./backoff";
import { StreamMoved } from "./multiplexer";
import { Observable, type Readable } from "./observable";
import { ServerClock } from "./serverClock";
import { BROWSER_SHARING, PageStreams } from "./sharedStreams";
import { SseParser, type ServerEvent } from "./sse";

export type StreamStatus =
  /** The first connection is being made, or the first since the tab was hidden. */
  | "connecting"
  /** Connected: what is shown is what the server knows. */
  | "open"
  /** Connection lost; trying again. */
  | "reconnecting"
  /** Closed because nobody is looking; resumes when the tab is shown. */
  | "hidden"
  /** The server said that nothing more follows. */
  | "ended"
  /** The server refused, for a reason that trying again will not change. */
  | "refused";

/** Whether what is shown may be behind what the server knows, and somebody may be looking at it. */
export function isLost(status: StreamStatus): boolean {
  return status !== "open" && status !== "ended" && status !== "hidden";
}

export interface StreamState {
  readonly status: StreamStatus;
  /** For `refused`: the server's words; for `reconnecting` too, where it answered that it cannot serve now. */
  readonly reason: string;
}

/** What a stream needs of the browser; tests pass their own. */
export interface Surroundings {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly hidden: () => boolean;
  readonly onVisibility: (listener: () => void) => () => void;
  readonly setTimer: (callback: () => void, ms: number) => () => void;
  /** Resolves in another task: the page draws and answers in between. */
  readonly nextTask: () => Promise<void>;
}

export const BROWSER: Surroundings = {
  fetch: new PageStreams(BROWSER_SHARING).fetch,
  hidden: () => document.visibilityState === "hidden",
  onVisibility: (listener) => {
    document.addEventListener("visibilitychange", listener);
    return () => document.removeEventListener("visibilitychange", listener);
  },
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  nextTask: () => ("scheduler" in window && "yield" in scheduler ? scheduler.yield() : new Promise((done) => setTimeout(done, 0))),
};

/** Events are handled in slices: a quarter of a frame at a time, however many have come at once. */
const SLICE_MS = 4;
/** Bytes that are read as events at a time: a stream may begin with megabytes. */
const PIECE = 64 * 1024;

/** Nothing at all for this long, heartbeats included, means that the connection is dead. */
const SILENCE_MS = 45_000;

export class LiveStream {
  private readonly current = new Observable<StreamState>({ status: "connecting", reason: "" });
  readonly state: Readable<StreamState> = this.current;
  /** Roughly, from the answers' `Date`: enough to count from the server's times, whatever the viewer's clock says. */
  readonly clock = new ServerClock();
  private lastId = "";
  private failures = 0;
  private connection: AbortController | null = null;
  private cancelTimer: (() => void) | null = null;
  private readonly stopWatching: () => void;

  /**
   * @param handle gets every event, in order and each once; it returns "end" when nothing more follows, or "restart"
   *   when the events do not fit together and the stream is to begin anew without `Last-Event-ID`.
   */
  constructor(
    private readonly url: string,
    private readonly handle: (event: ServerEvent) => "end" | "restart" | undefined,
    private readonly around: Surroundings = BROWSER,
  ) {
    this.stopWatching = around.onVisibility(() => this.visibilityChanged());
    if (around.hidden()) this.become("hidden");
    else this.connect();
  }

  close(): void {
    this.stopWatching();
    this.disconnect();
  }

  private get over(): boolean {
    const { status } = this.current.get();
    return status === "ended" || status === "refused";
  }

  private visibilityChanged(): void {
    if (this.over) return;
    if (this.around.hidden()) {
      this.disconnect();
      this.become("hidden");
    } else if (this.connection === null) {
      this.failures = 0;
      this.become("connecting");
      this.connect();
    }
  }

  private connect(): void {
    this.disconnect();
    const connection = new AbortController();
    this.connection = connection;
    const lost = (error?: unknown) => {
      if (this.connection !== connection) return;
      if (error instanceof StreamMoved) this.connect(); // nothing is lost: the page's streams get another connection
      else this.retry();
    };
    this.expectWord(connection); // a server that takes a connection and never answers is as dead as one that falls silent
    this.read(connection).then(lost, lost);
  }

  private async read(connection: AbortController): Promise<void> {
    const headers = { Accept: "text/event-stream", ...(this.lastId && { "Last-Event-ID": this.lastId }) };
    const response = await this.around.fetch(this.url, { headers, signal: connection.signal, cache: "no-store" });
    if (this.connection !== connection) return; // given up in the very moment in which the answer came
    this.clock.hearDate(response.headers.get("Date"));
    if (response.status === 204) this.finish("ended", "");
    else if (response.status >= 400 && response.status < 500) this.finish("refused", (await wordsOf(response)) || `The server answered ${response.status}.`);
    else if (!response.ok || !response.body) {
      const words = await wordsOf(response);
      if (this.connection === connection) this.retry(words);
    } else {
      this.become("open");
      await this.pump(response.body, connection);
    }
  }

  private async pump(body: ReadableStream<Uint8Array>, connection: AbortController): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    let worked = 0;
    for (;;) {
      this.expectWord(connection);
      const { done, value } = await reader.read();
      if (done || this.connection !== connection) return;
      for (let at = 0; at < value.length; at += PIECE) {
        for (const event of parser.push(decoder.decode(value.subarray(at, at + PIECE), { stream: true }))) {
          const began = performance.now();
          this.take(event);
          worked += performance.now() - began;
          if (worked > SLICE_MS) {
            worked = 0;
            await this.around.nextTask();
          }
          if (this.connection !== connection) return;
        }
      }
    }
  }

  private take(event: ServerEvent): void {
    this.failures = 0;
    if (event.id) this.lastId = event.id;
    const verdict = this.handle(event);
    if (verdict === "end") this.finish("ended", "");
    else if (verdict === "restart") {
      this.lastId = "";
      this.connect();
    }
  }

  private expectWord(connection: AbortController): void {
    this.cancelTimer?.();
    this.cancelTimer = this.around.setTimer(() => {
      if (this.connection === connection) this.retry();
    }, SILENCE_MS);
  }

  private retry(reason = ""): void {
    this.disconnect();
    this.become("reconnecting", reason);
    this.cancelTimer = this.around.setTimer(() => this.connect(), backoff(this.failures++));
  }

  private finish(status: "ended" | "refused", reason: string): void {
    this.disconnect();
    this.current.set({ status, reason });
  }

  private disconnect(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.connection?.abort();
    this.connection = null;
  }

  private become(status: StreamStatus, reason = ""): void {
    const before = this.current.get();
    if (before.status !== status || before.reason !== reason) this.current.set({ status, reason });
  }
}

/** What the server says of a request that it does not serve; empty where it says nothing. */
async function wordsOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not our JSON: a proxy's page, say.
  }
  return "";
}
