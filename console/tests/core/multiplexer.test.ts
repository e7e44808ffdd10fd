import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FrameParser, Multiplexer, StreamMoved } from "../../src/core/multiplexer";
import { bytes, Connection, frame, text } from "./connection";

/** Until all has happened that happens within so many milliseconds. */
const settled = (ms = 0) => vi.advanceTimersByTimeAsync(ms + 20);

let connections: Connection[];
let streams: Multiplexer;

beforeEach(() => {
  vi.useFakeTimers();
  connections = [];
  streams = new Multiplexer((url, init) => {
    expect(url).toBe("/live/streams");
    const connection = new Connection(init);
    connections.push(connection);
    return Promise.resolve(connection.response);
  });
});

afterEach(() => void vi.useRealTimers());

/** One stream, as a page asks for it. */
function ask(url: string, last?: string) {
  const closing = new AbortController();
  const headers = last === undefined ? {} : { "Last-Event-ID": last };
  const answer = streams.fetch(url, { headers, signal: closing.signal });
  answer.catch(() => undefined);
  return { answer, close: () => closing.abort() };
}

describe("Multiplexer", () => {
  it("gives each stream its own response over one connection", async () => {
    const [first, second] = [ask("/live/a", "7"), ask("/live/b")];
    await settled();
    expect(connections).toHaveLength(1);
    expect(connections[0]?.asked).toEqual({ streams: [{ url: "/live/a", lastId: "7" }, { url: "/live/b", lastId: "" }] });
    connections[0]?.send(frame(1, '{"status":404}'), frame(0, '{"status":200}'), frame(1, "no b"), frame(0, "one"), frame(1, ""), frame(0, "two"));
    const refused = await second.answer;
    expect([refused.status, await refused.text()]).toEqual([404, "no b"]);
    const { status, body, headers } = await first.answer;
    expect([status, headers.get("Date")]).toEqual([200, "Tue, 24 Nov 2026 10:05:00 GMT"]);
    const reader = body?.getReader();
    expect([text((await reader?.read())?.value), text((await reader?.read())?.value)]).toEqual(["one", "two"]);
  });

  it("tells streams that went on to ask again when another is wanted, and asks for all of them at once", async () => {
    const first = ask("/live/a");
    await settled();
    connections[0]?.send(frame(0, '{"status":200}'));
    const reader = (await first.answer).body?.getReader();
    const moved = reader?.read().catch((error: unknown) => {
      ask("/live/a", "9");
      return error;
    });
    ask("/live/b");
    await settled();
    expect(await moved).toBeInstanceOf(StreamMoved);
    expect(connections.map(({ urls }) => urls)).toEqual([["/live/a"], ["/live/b", "/live/a"]]);
    expect(connections[0]?.init.signal?.aborted).toBe(true);
  });

  it("gives a connection up when nobody is left on it", async () => {
    const first = ask("/live/a");
    await settled();
    first.close();
    await settled(100);
    expect(connections).toHaveLength(1);
    expect(connections[0]?.init.signal?.aborted).toBe(true);
  });

  it("keeps the connection when one ends by itself", async () => {
    const [first, second] = [ask("/live/a"), ask("/live/b")];
    await settled();
    connections[0]?.send(frame(0, '{"status":200}'), frame(1, '{"status":200}'));
    await Promise.all([first.answer, second.answer]);
    first.close();
    connections[0]?.send(frame(0, ""));
    await settled(100);
    expect(connections).toHaveLength(1);
    expect(connections[0]?.init.signal?.aborted).toBe(false);
  });

  it("loses all streams with the connection", async () => {
    const [first, second] = [ask("/live/a"), ask("/live/b")];
    await settled();
    connections[0]?.send(frame(0, '{"status":200}'));
    const reader = (await first.answer).body?.getReader();
    connections[0]?.drop();
    await expect(reader?.read()).rejects.toThrow("network");
    await expect(second.answer).rejects.toThrow("network");
  });

  it("hands a refusal of the whole request to each", async () => {
    streams = new Multiplexer(() => Promise.resolve(new Response('{"message":"too many"}', { status: 503 })));
    const asked = [ask("/live/a"), ask("/live/b")];
    await settled();
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  });
});

describe("FrameParser", () => {
  it("reads the same however the bytes are cut", () => {
    const whole = bytes(frame(0, "one\n2 3\n") + frame(12, "") + frame(3, "né"));
    const expected = [["0", "one\n2 3\n"], ["12", ""], ["3", "né"]];
    for (let size = 1; size <= whole.length; size++) {
      const parser = new FrameParser();
      const read: string[][] = [];
      for (let at = 0; at < whole.length; at += size) {
        read.push(...parser.push(whole.subarray(at, at + size)).map(({ channel, data }) => [String(channel), text(data)]));
      }
      expect(read).toEqual(expected);
    }
  });
});
