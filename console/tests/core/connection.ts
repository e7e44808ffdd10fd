/** The server's end of connections for streams. */
import type { StreamsRequest } from "../../src/protocol/live.gen";

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);
export const frame = (channel: number, data: string) => `${channel} ${bytes(data).length}\n${data}`;

/** A connection as the server has it. */
export class Connection {
  private body!: ReadableStreamDefaultController<Uint8Array>;
  readonly asked: StreamsRequest;
  readonly response: Response;

  constructor(readonly init: RequestInit) {
    this.asked = JSON.parse(init.body as string) as StreamsRequest;
    this.response = new Response(new ReadableStream<Uint8Array>({ start: (body) => void (this.body = body) }), {
      headers: { Date: "Tue, 24 Nov 2026 10:05:00 GMT" },
    });
    init.signal?.addEventListener("abort", () => this.body.error(new DOMException("aborted", "AbortError")));
  }

  get urls() {
    return this.asked.streams.map(({ url }) => url);
  }

  send(...frames: string[]): void {
    this.body.enqueue(bytes(frames.join("")));
  }

  drop(): void {
    this.body.error(new TypeError("network"));
  }
}
