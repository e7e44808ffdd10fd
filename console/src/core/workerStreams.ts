/** Streams that a worker keeps the connection of (`streamsBroker.ts`): to each it looks like a `fetch` of its own. */
import { Channel, StreamMoved, type Fetch } from "./multiplexer";
import { ALIVE_EVERY_MS, MOST_SILENCES, type FromPage, type ToPage } from "./streamsBroker";

export class WorkerStreams {
  /** False once the worker could not be started, or has said nothing for too long. */
  works = true;
  private readonly channels = new Map<number, Channel>();
  private next = 0;
  /** How often the worker was asked since it said something. */
  private silences = 0;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<ToPage>) => this.hear(data);
  }

  readonly fetch: Fetch = (url, { headers, signal }) => {
    const request = { url, lastId: new Headers(headers).get("Last-Event-ID") ?? "" };
    const channel = new Channel(request);
    const number = this.next++;
    this.channels.set(number, channel);
    signal?.addEventListener("abort", () => this.leave(number));
    this.say({ kind: "open", channel: number, ...request });
    this.watch();
    return channel.answer;
  };

  private say(message: FromPage): void {
    this.port.postMessage(message);
  }

  private leave(number: number): void {
    const channel = this.channels.get(number);
    if (!channel) return;
    this.channels.delete(number);
    channel.fail(new DOMException("The stream was closed.", "AbortError"));
    this.say({ kind: "close", channel: number });
  }

  private hear(message: ToPage): void {
    this.silences = 0;
    if (message.kind === "alive") return;
    const channel = this.channels.get(message.channel);
    if (!channel) return;
    if (message.kind === "head") channel.head({ status: message.status }, new Headers(message.date === null ? {} : { Date: message.date }));
    else if (message.kind === "data") channel.data(message.data);
    else {
      this.channels.delete(message.channel);
      if (message.kind === "end") channel.end();
      else channel.fail(message.moved ? new StreamMoved() : new Error("the connection ended"));
    }
  }

  /** While there are streams, see that the worker is there, and tell it that the page is. */
  private watch(): void {
    if (this.timer !== null) return;
    this.silences = 0;
    this.timer = setInterval(() => {
      if (this.channels.size === 0) this.rest();
      else if (++this.silences > MOST_SILENCES) this.giveUp();
      else this.say({ kind: "alive" });
    }, ALIVE_EVERY_MS);
  }

  private rest(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Lose all streams: who asks again is told that this does not work. */
  giveUp(): void {
    this.works = false;
    this.rest();
    for (const channel of this.channels.values()) channel.fail(new Error("the connection ended"));
    this.channels.clear();
    this.port.close();
  }
}
