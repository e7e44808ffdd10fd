import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Multiplexer, StreamMoved, type Fetch } from "../../src/core/multiplexer";
import { PageStreams } from "../../src/core/sharedStreams";
import { ALIVE_EVERY_MS, MOST_SILENCES, MOVES_WITHIN_MS, OWN_CONNECTIONS, StreamsBroker, type ToPage } from "../../src/core/streamsBroker";
import { Connection, frame, text } from "./connection";

const HEAD = '{"status":200}';

/** Whose request a connection is: a page's, or the worker's. */
class Server {
  readonly connections: { readonly by: string; readonly connection: Connection }[] = [];

  as(by: string): Fetch {
    return (_, init) => {
      const connection = new Connection(init);
      this.connections.push({ by, connection });
      return Promise.resolve(connection.response);
    };
  }

  of(by: string): Connection[] {
    return this.connections.filter((each) => each.by === by).map(({ connection }) => connection);
  }
}

/** Once it holds: messages between ports take their time on a busy machine. */
const eventually = (check: () => void) => vi.waitFor(check, 50_000);

let server: Server;
let broker: StreamsBroker;
let taken: Set<number>;
let ports: MessagePort[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  server = new Server();
  broker = new StreamsBroker([new Multiplexer(server.as("worker"), MOVES_WITHIN_MS)]);
  taken = new Set();
  ports = [];
});

afterEach(() => {
  for (const port of ports) port.close();
  vi.useRealTimers();
});

function take(of: number): Promise<(() => void) | null> {
  const number = Array.from({ length: of }, (_, each) => each).find((each) => !taken.has(each));
  if (number === undefined) return Promise.resolve(null);
  taken.add(number);
  return Promise.resolve(() => void taken.delete(number));
}

function toWorker(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  broker.serve(port2);
  return port1;
}

/** A page of the browser. */
class Page {
  private readonly streams: PageStreams;

  constructor(
    readonly name: string,
    worker: (failed: () => void) => MessagePort | null = toWorker,
  ) {
    this.streams = new PageStreams({ fetch: server.as(name), take, worker });
  }

  ask(url: string, last?: string) {
    const closing = new AbortController();
    const answer = this.streams.fetch(url, { headers: last === undefined ? {} : { "Last-Event-ID": last }, signal: closing.signal });
    answer.catch(() => undefined);
    return { answer, close: () => closing.abort() };
  }
}

/** Pages that take all connections that there are for one page each. */
async function fill(): Promise<ReturnType<Page["ask"]>[]> {
  const streams = Array.from({ length: OWN_CONNECTIONS }, (_, number) => new Page(`own ${number}`).ask("/live/a"));
  await eventually(() => expect(server.connections).toHaveLength(OWN_CONNECTIONS));
  return streams;
}

const open = (connection: Connection) => connection.init.signal?.aborted === false;
const urls = () => server.of("worker").filter(open).flatMap((connection) => connection.urls).sort();

describe("PageStreams", () => {
  it("gives the first pages a connection each, and all further ones one together", async () => {
    await fill();
    const pages = ["x", "y", "z"].map((name) => new Page(name));
    for (const page of pages) {
      const read = async () => {
        for (let last = ""; ; ) {
          const { answer } = page.ask(`/live/${page.name}`, last);
          const reader = (await answer).body?.getReader();
          await reader?.read().then(({ value }) => (last = text(value)), () => undefined);
          await reader?.read().catch(() => undefined);
        }
      };
      void read();
    }
    await eventually(() => expect(urls()).toEqual(["/live/x", "/live/y", "/live/z"]));
    expect(server.of("worker").filter(open)).toHaveLength(1);
    expect(server.connections.filter(({ by }) => by.startsWith("own"))).toHaveLength(OWN_CONNECTIONS);
  });

  it("gives its connection to another page when it has no streams any more", async () => {
    const [first] = await fill();
    first?.close();
    await eventually(() => expect(taken.size).toBe(OWN_CONNECTIONS - 1));
    new Page("next").ask("/live/a");
    await eventually(() => expect(server.of("next")).toHaveLength(1));
    expect(server.of("worker")).toEqual([]);
  });

  it("does not ask for a stream that was closed while the way to it was looked for", async () => {
    const page = new Page("x");
    const one = page.ask("/live/a");
    one.close();
    await expect(one.answer).rejects.toThrow();
    await eventually(() => expect(taken.size).toBe(0));
    expect(server.connections).toEqual([]);
  });

  it("hands on what comes of each stream, its status, the server's time and its end", async () => {
    await fill();
    const page = new Page("x");
    const [one, other] = [page.ask("/live/a", "7"), page.ask("/live/b")];
    await eventually(() => expect(server.of("worker")).toHaveLength(1));
    const connection = server.of("worker")[0];
    expect(connection?.asked).toEqual({ streams: [{ url: "/live/a", lastId: "7" }, { url: "/live/b", lastId: "" }] });
    connection?.send(frame(0, HEAD), frame(1, '{"status":404}'), frame(0, "one"), frame(1, "no b"), frame(1, ""), frame(0, "two"), frame(0, ""));
    const { status, headers, body } = await one.answer;
    expect([status, headers.get("Date")]).toEqual([200, "Tue, 24 Nov 2026 10:05:00 GMT"]);
    const reader = body?.getReader();
    expect([text((await reader?.read())?.value), text((await reader?.read())?.value)]).toEqual(["one", "two"]);
    expect((await reader?.read())?.done).toBe(true);
    const refused = await other.answer;
    expect([refused.status, await refused.text()]).toEqual([404, "no b"]);
  });

  it("loses its streams with the connection, and says where they only moved", async () => {
    await fill();
    const one = new Page("x").ask("/live/a");
    await eventually(() => expect(server.of("worker")).toHaveLength(1));
    server.of("worker")[0]?.send(frame(0, HEAD));
    const reader = (await one.answer).body?.getReader();
    const ended = reader?.read().catch((error: unknown) => error);
    const other = new Page("y");
    const another = other.ask("/live/b");
    expect(await ended).toBeInstanceOf(StreamMoved);
    await eventually(() => expect(urls()).toEqual(["/live/b"])); // the first did not ask again
    server.of("worker").at(-1)?.drop();
    await expect(another.answer).rejects.toThrow("the connection ended");
  });

  it("waits for those that move, so that they do not move each other without end", async () => {
    await fill();
    const [one, other] = [new Page("x"), new Page("y")];
    const { answer } = one.ask("/live/a");
    await eventually(() => expect(server.of("worker")).toHaveLength(1));
    server.of("worker")[0]?.send(frame(0, HEAD));
    const ended = (await answer).body?.getReader().read().catch((error: unknown) => error);
    other.ask("/live/b");
    await ended;
    expect(urls()).toEqual([]);
    one.ask("/live/a", "3");
    await eventually(() => expect(urls()).toEqual(["/live/a", "/live/b"]));
    expect(server.of("worker")).toHaveLength(2);
  });

  it("closes the streams of a page that says nothing any more", async () => {
    await fill();
    const [port] = [toWorker()];
    port.postMessage({ kind: "open", channel: 0, url: "/live/a", lastId: "" });
    await eventually(() => expect(urls()).toEqual(["/live/a"]));
    vi.advanceTimersByTime((MOST_SILENCES + 1) * ALIVE_EVERY_MS);
    await eventually(() => expect(urls()).toEqual([]));
  });

  it("keeps those of one that is there", async () => {
    await fill();
    const port = toWorker();
    let answers = 0;
    port.addEventListener("message", ({ data }: MessageEvent<ToPage>) => (answers += data.kind === "alive" ? 1 : 0));
    const one = new Page("x", () => port).ask("/live/a");
    await eventually(() => expect(server.of("worker")).toHaveLength(1));
    for (let time = 0; time < 3 * MOST_SILENCES; time++) {
      vi.advanceTimersByTime(ALIVE_EVERY_MS);
      await eventually(() => expect(answers).toBeGreaterThan(time));
    }
    server.of("worker")[0]?.send(frame(0, HEAD), frame(0, "still there"));
    expect(text((await (await one.answer).body?.getReader().read())?.value)).toBe("still there");
  });

  it("goes over a connection of its own where a worker cannot be had, or says nothing", async () => {
    await fill();
    new Page("no worker", () => null).ask("/live/a");
    await eventually(() => expect(server.of("no worker")).toHaveLength(1));

    const silent = new Page("silent", () => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1, port2);
      return port1;
    });
    let lost: unknown = null;
    silent.ask("/live/a").answer.catch((error: unknown) => (lost = error));
    await eventually(() => {
      vi.advanceTimersByTime(ALIVE_EVERY_MS);
      expect(lost).toMatchObject({ message: "the connection ended" });
    });
    silent.ask("/live/a");
    await eventually(() => expect(server.of("silent")).toHaveLength(1));

    const failing = new Page("failing", (failed) => {
      setTimeout(failed, 0);
      return new MessageChannel().port1;
    });
    await expect(failing.ask("/live/a").answer).rejects.toThrow("the connection ended");
    failing.ask("/live/a");
    await eventually(() => expect(server.of("failing")).toHaveLength(1));
  });
});
