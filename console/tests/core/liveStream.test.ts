import { describe, expect, it } from "vitest";
import { LiveStream } from "../../src/core/liveStream";
import type { ServerEvent } from "../../src/core/sse";
import { FakeSurroundings, settled } from "./surroundings";

function open(verdict: (event: ServerEvent) => "end" | "restart" | undefined = () => undefined) {
  const around = new FakeSurroundings();
  const events: ServerEvent[] = [];
  const stream = new LiveStream(
    "/live/x",
    (event) => {
      events.push(event);
      return verdict(event);
    },
    around,
  );
  const status = () => stream.state.get().status;
  return { around, events, stream, status };
}

describe("LiveStream", () => {
  it("connects and hands over events", async () => {
    const { around, events, status } = open();
    expect(status()).toBe("connecting");
    await around.last.open();
    await around.last.send("segment", 1, "0.1");
    expect(status()).toBe("open");
    expect(events.map((event) => event.data)).toEqual(["1"]);
  });

  it("lets the page go on between events that take long to handle", async () => {
    const { around, events } = open(() => {
      const until = performance.now() + 10;
      while (performance.now() < until);
      return undefined;
    });
    await around.last.open();
    for (const each of [1, 2, 3]) await around.last.send("segment", each);
    expect([events.length, around.tasks]).toEqual([3, 3]);
  });

  it("resumes after the last event when the connection is lost", async () => {
    const { around, status } = open();
    await around.last.open();
    await around.last.send("segment", 1, "0.1");
    await around.last.drop();
    expect(status()).toBe("reconnecting");
    await around.tick();
    expect(around.connections).toHaveLength(2);
    expect(around.last.lastEventId).toBe("0.1");
  });

  it("reconnects when the server closes without an end", async () => {
    const { around, status } = open();
    await around.last.open();
    await around.last.finish();
    expect(status()).toBe("reconnecting");
  });

  it("waits longer after each failure, and not longer than some seconds", async () => {
    const { around } = open();
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure++) {
      await around.last.drop();
      waits.push(around.due ?? 0);
      await around.tick();
    }
    expect(waits[0]).toBeLessThanOrEqual(250);
    expect(waits[5]).toBeGreaterThan(waits[0] ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8000);
  });

  it("tries again when the server is failing and says why, but not when it refuses", async () => {
    const { around, stream } = open();
    await around.last.reject(503, "");
    expect(stream.state.get()).toEqual({ status: "reconnecting", reason: "" });
    await around.tick();
    await around.last.reject(503, '{"code":14,"message":"the database is away"}');
    expect(stream.state.get()).toEqual({ status: "reconnecting", reason: "the database is away" });
    await around.tick();
    await around.last.open();
    expect(stream.state.get()).toEqual({ status: "open", reason: "" });
    await around.last.finish();
    await around.tick();
    await around.last.reject(404, '{"code":5,"message":"no such execution"}');
    expect(stream.state.get()).toEqual({ status: "refused", reason: "no such execution" });
    expect(around.due).toBeNull();
  });

  it("closes while the tab is hidden and resumes where it was when it is shown", async () => {
    const { around, status } = open();
    await around.last.open();
    await around.last.send("segment", 1, "0.1");
    const first = around.last;
    await around.hide(true);
    expect(status()).toBe("hidden");
    expect(first.aborted).toBe(true);
    expect(around.due).toBeNull();
    await around.hide(false);
    expect(around.last).not.toBe(first);
    expect(around.last.lastEventId).toBe("0.1");
  });

  it("does not connect at all in a tab that is opened hidden", async () => {
    const around = new FakeSurroundings();
    await around.hide(true);
    const stream = new LiveStream("/live/x", () => undefined, around);
    expect(around.connections).toHaveLength(0);
    await around.hide(false);
    expect(around.connections).toHaveLength(1);
    stream.close();
  });

  it("stays ended after the end, shown or hidden", async () => {
    const { around, status } = open((event) => (event.event === "end" ? "end" : undefined));
    await around.last.open();
    await around.last.send("end", {});
    expect(status()).toBe("ended");
    await around.hide(true);
    await around.hide(false);
    expect(status()).toBe("ended");
    expect(around.connections).toHaveLength(1);
  });

  it("begins anew without a last event when the events do not fit together", async () => {
    const { around } = open((event) => (event.event === "gap" ? "restart" : undefined));
    await around.last.open();
    await around.last.send("gap", {}, "0.9");
    await settled();
    expect(around.connections).toHaveLength(2);
    expect(around.last.lastEventId).toBeNull();
  });

  it("takes a connection that says nothing at all for dead", async () => {
    const { around, status } = open();
    await around.last.open();
    expect(around.due).toBe(45_000);
    await around.tick();
    expect(status()).toBe("reconnecting");
  });

  it("takes a server that never answers for dead, too", async () => {
    const { around, status } = open();
    expect(around.due).toBe(45_000);
    await around.tick();
    expect(around.last.aborted).toBe(true);
    expect(status()).toBe("reconnecting");
    await around.tick();
    expect(around.connections).toHaveLength(2);
    expect(around.due).toBe(45_000);
  });

  it("takes no word from a connection that it has given up", async () => {
    const { around, status } = open();
    const answer = around.last.open(); // and the tab is hidden before the answer gets through
    await around.hide(true);
    await answer;
    expect(status()).toBe("hidden");
  });

  it("knows the server's time from its answer", async () => {
    const { around, stream } = open();
    const date = new Date(Date.now() + 300_000).toUTCString();
    await around.last.open({ Date: date });
    expect(Math.abs(stream.clock.now() - Date.parse(date))).toBeLessThan(30_000);
  });

  it("does nothing more once closed", async () => {
    const { around, stream } = open();
    await around.last.open();
    stream.close();
    await around.hide(true);
    await around.hide(false);
    expect(around.connections).toHaveLength(1);
    expect(around.due).toBeNull();
  });
});
