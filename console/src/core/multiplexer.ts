/**
 * Many streams over one connection, for browsers allow six to a host (`livedeck/admin/live/multiplex.py`). To each stream
 * it looks like a `fetch` of its own. When others are wanted the connection is made anew: streams that went on get
 * `StreamMoved` for an end, and ask again from where they are.
 */
import type { StreamHead, StreamRequest, StreamsRequest } from "../protocol/live.gen";

/** What a stream's body ends with when its connection was given up for another: it is to be asked for again, at once. */
export class StreamMoved extends Error {}

const URL = "/live/streams";

/** A stream that is left may be one that ends by itself just now: that costs the others no other connection. */
const ENDS_WITHIN_MS = 100;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One stream, as who asked for it sees it: the answer, and what comes of its body. */
export class Channel {
  readonly answer: Promise<Response>;
  private resolve!: (response: Response) => void;
  private reject!: (error: Error) => void;
  private body: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** Nothing more is to come of it, for whoever asked for it. */
  over = false;
  /** The server said so. */
  ended = false;

  constructor(readonly request: StreamRequest) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  head({ status }: StreamHead, headers: Headers): void {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.body = controller) });
    this.resolve(new Response(status === 204 ? null : body, { status, headers }));
  }

  /** The answer to the request for all streams, where it is none of its own. */
  refuse(text: string, status: number): void {
    this.over = true;
    this.resolve(new Response(text, { status }));
  }

  data(bytes: Uint8Array): void {
    if (!this.over) this.body?.enqueue(bytes);
  }

  end(): void {
    this.ended = true;
    if (this.over) return;
    this.over = true;
    this.body?.close();
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    if (this.body) this.body.error(error);
    else this.reject(error);
  }
}

export class Multiplexer {
  private wanted: Channel[] = [];
  private open: Channel[] = [];
  private connection: AbortController | null = null;
  private due = false;
  /** Addresses of streams that are to ask again before there is another connection, once for each. */
  private moving: string[] = [];
  private cancelConnect: (() => void) | null = null;

  /**
   * @param over asks for the connection.
   * @param movesWithinMs how long a stream may take to ask again once its connection was given up.
   */
  constructor(
    private readonly over: Fetch,
    private readonly movesWithinMs = 0,
  ) {}

  /** As `window.fetch`, of a path below `/live/`. */
  readonly fetch: Fetch = (url, { headers, signal }) => {
    const channel = new Channel({ url, lastId: new Headers(headers).get("Last-Event-ID") ?? "" });
    this.wanted.push(channel);
    signal?.addEventListener("abort", () => this.leave(channel));
    if (this.moving.length > 0) this.moved(url);
    else this.soon();
    return channel.answer;
  };

  /** One of those that were on the connection before has asked again. */
  private moved(url: string): void {
    const at = this.moving.indexOf(url);
    if (at >= 0) this.moving.splice(at, 1);
    if (this.moving.length === 0) this.connectIn(0);
  }

  private leave(channel: Channel): void {
    if (channel.over) return;
    channel.fail(new DOMException("The stream was closed.", "AbortError"));
    this.wanted = this.wanted.filter((each) => each !== channel);
    setTimeout(() => {
      if (!channel.ended && this.open.includes(channel)) this.soon();
    }, ENDS_WITHIN_MS);
  }

  /** Once all that happens now has happened: a page that is left closes its streams, and the next one opens its own. */
  private soon(): void {
    if (this.due) return;
    this.due = true;
    setTimeout(() => this.move(), 0);
  }

  /** Let go of the connection there is. Streams that were on it ask again, and then there is another. */
  private move(): void {
    this.connection?.abort();
    this.connection = null;
    const moved = this.open.filter(({ over }) => !over);
    this.open = [];
    this.moving = moved.map(({ request }) => request.url);
    for (const channel of moved) channel.fail(new StreamMoved());
    if (moved.length === 0) this.connect();
    else this.connectIn(this.movesWithinMs);
  }

  private connectIn(ms: number): void {
    this.cancelConnect?.();
    const timer = setTimeout(() => this.connect(), ms);
    this.cancelConnect = () => clearTimeout(timer);
  }

  private connect(): void {
    this.due = false;
    this.moving = [];
    const channels = this.wanted;
    this.wanted = [];
    if (channels.length === 0) return;
    const connection = new AbortController();
    this.connection = connection;
    this.open = channels;
    const lost = (error: unknown) => {
      for (const channel of channels) channel.fail(error instanceof Error ? error : new Error("the connection ended"));
    };
    this.read(channels, connection.signal).then(lost, lost);
  }

  private async read(channels: readonly Channel[], signal: AbortSignal): Promise<void> {
    const asked: StreamsRequest = { streams: channels.map(({ request }) => request) };
    const init = { method: "POST", body: JSON.stringify(asked), signal, cache: "no-store" } as const;
    const response = await this.over(URL, init);
    if (!response.ok || !response.body) {
      const text = await response.text();
      for (const channel of channels) channel.refuse(text, response.status);
      return;
    }
    const frames = new FrameParser();
    const begun = new Set<Channel>();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const { channel: number, data } of frames.push(value)) {
        const channel = channels[number];
        if (!channel) continue;
        if (!begun.has(channel)) {
          begun.add(channel);
          channel.head(JSON.parse(new TextDecoder().decode(data)) as StreamHead, response.headers);
        } else if (data.length === 0) channel.end();
        else channel.data(data);
      }
    }
  }
}

interface Frame {
  readonly channel: number;
  /** Empty: its end. */
  readonly data: Uint8Array;
}

interface FrameHead {
  readonly channel: number;
  readonly length: number;
}

const NEWLINE = 10;

/** Frames from bytes in any pieces. */
export class FrameParser {
  private pieces: Uint8Array[] = [];
  private length = 0;
  private head: FrameHead | null = null;

  push(bytes: Uint8Array): Frame[] {
    this.pieces.push(bytes);
    this.length += bytes.length;
    const frames: Frame[] = [];
    for (let frame = this.take(); frame; frame = this.take()) frames.push(frame);
    return frames;
  }

  private take(): Frame | null {
    this.head ??= this.takeHead();
    if (!this.head || this.length < this.head.length) return null;
    const { channel, length } = this.head;
    this.head = null;
    return { channel, data: this.cut(length) };
  }

  private takeHead(): FrameHead | null {
    if (this.length === 0) return null;
    const whole = this.joined();
    const end = whole.indexOf(NEWLINE);
    if (end < 0) return null;
    const [channel = NaN, length = NaN] = new TextDecoder().decode(this.cut(end + 1)).split(" ").map(Number);
    return { channel, length };
  }

  private cut(length: number): Uint8Array {
    const whole = this.joined();
    this.pieces = [whole.subarray(length)];
    this.length -= length;
    return whole.subarray(0, length);
  }

  private joined(): Uint8Array {
    const [first] = this.pieces;
    if (first && this.pieces.length === 1) return first;
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.pieces = [whole];
    return whole;
  }
}
