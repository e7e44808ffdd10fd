/** Asks for the streams of pages that share a connection, and hands on what comes of each. Runs in a worker. */
import { StreamMoved, type Multiplexer } from "./multiplexer";

/** What a page says. */
export type FromPage =
  | { readonly kind: "open"; readonly channel: number; readonly url: string; readonly lastId: string }
  | { readonly kind: "close"; readonly channel: number }
  /** The page is there. */
  | { readonly kind: "alive" };

/** What a page is told. */
export type ToPage =
  | { readonly kind: "head"; readonly channel: number; readonly status: number; readonly date: string | null }
  | { readonly kind: "data"; readonly channel: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end"; readonly channel: number }
  | { readonly kind: "lost"; readonly channel: number; readonly moved: boolean }
  /** The worker is there. */
  | { readonly kind: "alive" };

/** Pages that have a connection of their own. With the one that the others share, two of a browser's six are left for calls. */
export const OWN_CONNECTIONS = 3;
/** A page that has streams says so often that it is there, and the worker answers. */
export const ALIVE_EVERY_MS = 5_000;
/** Silent for so many times, the other side is gone: a page that was closed or hangs, a worker that was ended. */
export const MOST_SILENCES = 4;
/** A stream whose connection was given up for another is asked for again by its page, which may be busy. */
export const MOVES_WITHIN_MS = 2_000;

export class StreamsBroker {
  private readonly pages = new Set<Page>();

  /** @param connections are shared out among the pages. */
  constructor(private readonly connections: readonly Multiplexer[]) {
    setInterval(() => this.letGo(), ALIVE_EVERY_MS);
  }

  /** Serve a page, until it says nothing any more. */
  serve(port: MessagePort): void {
    const counts = new Map(this.connections.map((connection) => [connection, 0]));
    for (const { connection } of this.pages) counts.set(connection, (counts.get(connection) ?? 0) + 1);
    const [least] = [...counts].sort(([, one], [, other]) => one - other);
    if (least) this.pages.add(new Page(port, least[0]));
  }

  private letGo(): void {
    for (const page of this.pages) {
      if (++page.silences <= MOST_SILENCES) continue;
      page.close();
      this.pages.delete(page);
    }
  }
}

class Page {
  private readonly channels = new Map<number, AbortController>();
  /** How often it was looked for since it said something. */
  silences = 0;

  constructor(
    private readonly port: MessagePort,
    readonly connection: Multiplexer,
  ) {
    port.onmessage = ({ data }: MessageEvent<FromPage>) => this.hear(data);
  }

  close(): void {
    for (const channel of this.channels.values()) channel.abort();
    this.channels.clear();
    this.port.close();
  }

  private hear(message: FromPage): void {
    this.silences = 0;
    if (message.kind === "open") void this.follow(message.channel, message.url, message.lastId);
    else if (message.kind === "alive") this.say({ kind: "alive" });
    else {
      this.channels.get(message.channel)?.abort();
      this.channels.delete(message.channel);
    }
  }

  private say(message: ToPage, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  private async follow(channel: number, url: string, lastId: string): Promise<void> {
    const open = new AbortController();
    this.channels.set(channel, open);
    try {
      const headers: Record<string, string> = lastId ? { "Last-Event-ID": lastId } : {};
      const response = await this.connection.fetch(url, { headers, signal: open.signal });
      this.say({ kind: "head", channel, status: response.status, date: response.headers.get("Date") });
      const reader = response.body?.getReader();
      for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
        const data = read.value.slice(); // of its own: what is read is a part of what came for all
        this.say({ kind: "data", channel, data }, [data.buffer]);
      }
      this.say({ kind: "end", channel });
    } catch (error) {
      if (!open.signal.aborted) this.say({ kind: "lost", channel, moved: error instanceof StreamMoved });
    } finally {
      this.channels.delete(channel);
    }
  }
}
