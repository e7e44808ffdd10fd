// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeckSession } from "../../src/core/deckSession";
import { FramePort } from "../../src/core/framePort";
import { FakeSurroundings, until } from "./surroundings";

interface Posted {
  readonly data: unknown;
  readonly origin: string;
  readonly ports: readonly MessagePort[];
}

let frame: HTMLIFrameElement;
let posted: Posted[];
let port: FramePort;
let around: FakeSurroundings;

beforeEach(() => {
  document.body.replaceChildren();
  frame = document.body.appendChild(document.createElement("iframe"));
  posted = [];
  around = new FakeSurroundings();
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: false });
  const window = frame.contentWindow;
  if (!window) throw new Error("the frame has no window");
  window.postMessage = ((data: unknown, origin: string, ports: MessagePort[]) => {
    posted.push({ data, origin, ports });
  }) as typeof window.postMessage;
  port = new FramePort(frame, new DeckSession("/live/decks/x", around), true);
});

afterEach(() => {
  port.close();
  vi.useRealTimers();
});

function say(source: Window | null, data: unknown): void {
  window.dispatchEvent(new MessageEvent("message", { source, data }));
}

/** The first messages that come through a port. */
function heard(port: MessagePort | undefined, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  return new Promise((resolve) => {
    if (!port) throw new Error("there is no port");
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (messages.push(data) === count) resolve(messages);
    };
  });
}

describe("FramePort", () => {
  it("answers the frame's hello with a port", () => {
    say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted.map(({ data }) => data)).toEqual([{ type: "livedeck:port" }]);
    expect(posted[0]?.ports).toHaveLength(1);
  });

  it("gives a frame that comes back another port, and the whole document through it", async () => {
    await around.last.open();
    await around.last.send("snapshot", { document: { seq: 7, decks: [] } }, "0.7");
    say(frame.contentWindow, { type: "livedeck:hello" });
    frame.dataset["applied"] = "7";
    await vi.advanceTimersByTimeAsync(250);
    say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted).toHaveLength(2);
    expect(frame.dataset["applied"]).toBeUndefined(); // that was the frame before
    expect(await heard(posted[1]?.ports[0], 2)).toEqual([
      { type: "theme", dark: true },
      { type: "document", document: { seq: 7, decks: [] } },
    ]);
  });

  it("lets go of the port that it gave before", async () => {
    await around.last.open();
    say(frame.contentWindow, { type: "livedeck:hello" });
    await vi.advanceTimersByTimeAsync(250);
    say(frame.contentWindow, { type: "livedeck:hello" });
    posted[0]?.ports[0]?.postMessage({ type: "applied", seq: 1 });
    posted[1]?.ports[0]?.postMessage({ type: "applied", seq: 2 });
    await until(() => frame.dataset["applied"] !== undefined);
    expect(frame.dataset["applied"]).toBe("2");
  });

  it("does not answer faster than a frame asks that waits", () => {
    for (let times = 0; times < 1000; times++) say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted).toHaveLength(1);
  });

  it("ignores everybody else, and everything else", () => {
    const other = document.body.appendChild(document.createElement("iframe"));
    say(other.contentWindow, { type: "livedeck:hello" });
    say(window, { type: "livedeck:hello" });
    say(null, { type: "livedeck:hello" });
    for (const data of [null, "livedeck:hello", {}, { type: "livedeck:port" }]) say(frame.contentWindow, data);
    expect(posted).toEqual([]);
  });

  describe("of a frame that does not answer", () => {
    let silent: number;
    let mine: MessagePort | undefined;

    beforeEach(() => {
      port.close();
      vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
      silent = 0;
      port = new FramePort(frame, new DeckSession("/live/decks/x", around), true, { silent: () => silent++ });
      say(frame.contentWindow, { type: "livedeck:hello" });
      mine = posted.at(-1)?.ports[0];
    });

    it("lets go, once and not at once", () => {
      vi.advanceTimersByTime(5000);
      expect(silent).toBe(0);
      vi.advanceTimersByTime(60_000);
      expect(silent).toBe(1);
    });

    it("takes any message for a sign of life", async () => {
      for (let second = 0; second < 10; second++) {
        vi.advanceTimersByTime(1000);
        mine?.postMessage({ type: "applied", seq: second });
        await until(() => frame.dataset["applied"] === String(second));
      }
      expect(silent).toBe(0);
    });

    it("waits longer while it draws what it was sent", () => {
      port.document({ seq: 3 });
      vi.advanceTimersByTime(20_000);
      expect(silent).toBe(0);
      vi.advanceTimersByTime(20_000);
      expect(silent).toBe(1);
    });

    it("asks nothing of one that is not on screen", () => {
      vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
      vi.advanceTimersByTime(60_000);
      expect(silent).toBe(0);
    });
  });

  describe("of a frame that takes memory", () => {
    let full: number;
    let pings: MessagePort | undefined;
    let taken: number;

    beforeEach(() => {
      port.close();
      vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
      full = 0;
      port = new FramePort(frame, new DeckSession("/live/decks/x", around), true, { full: () => full++ }, 3);
      say(frame.contentWindow, { type: "livedeck:hello" });
      pings = posted.at(-1)?.ports[0];
    });

    /** A second passes, in which the frame says how much it has. */
    async function says(memory: number): Promise<void> {
      const said = ++taken;
      pings?.postMessage({ type: "pong", number: said, active: false, memory });
      pings?.postMessage({ type: "applied", seq: said });
      await until(() => full > 0 || frame.dataset["applied"] === String(said));
      vi.advanceTimersByTime(1000);
    }

    beforeEach(() => (taken = 0));

    it("lets go once it has nearly all and takes more", async () => {
      for (const memory of [0.1, 0.5, 0.8, 0.8, 0.9, 0.9]) await says(memory);
      expect(full).toBe(0);
      await says(1.2);
      expect(full).toBe(1);
    });

    it("leaves alone one that gives memory back", async () => {
      for (let times = 0; times < 5; times++) for (const memory of [0.9, 0.95, 0.4, 0.8, 0.9, NaN]) await says(memory);
      expect(full).toBe(0);
    });
  });

  it("says nothing any more once closed", () => {
    port.close();
    say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted).toEqual([]);
  });

  it("hands the frame the script that draws maths when it asks, once, and nothing where there is none", async () => {
    port.close();
    const maths = vi.fn(() => Promise.resolve("script"));
    port = new FramePort(frame, new DeckSession("/live/decks/x", around), true, { maths });
    say(frame.contentWindow, { type: "livedeck:hello" });
    const theirs = posted[0]?.ports[0];
    for (let times = 0; times < 3; times++) theirs?.postMessage({ type: "maths" });
    expect(await heard(theirs, 2)).toEqual([{ type: "theme", dark: true }, { type: "maths", script: "script" }]);
    expect(maths).toHaveBeenCalledOnce();
    maths.mockRejectedValue(new Error("away"));
    await vi.advanceTimersByTimeAsync(250);
    say(frame.contentWindow, { type: "livedeck:hello" });
    posted[1]?.ports[0]?.postMessage({ type: "maths" });
    expect((await heard(posted[1]?.ports[0], 2))[1]).toEqual({ type: "maths", script: "" });
  });

  it("asks the frame whether the viewer is active in it, and takes silence for no", async () => {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }); // how long it waits passes when the test says so
    say(frame.contentWindow, { type: "livedeck:hello" });
    const theirs = posted[0]?.ports[0];
    if (!theirs) throw new Error("there is no port");
    theirs.onmessage = ({ data }: MessageEvent<{ type: string; number: number }>) => {
      if (data.type === "ping") theirs.postMessage({ type: "pong", number: data.number, active: true, memory: 0 });
    };
    await expect(port.isActive()).resolves.toBe(true);
    theirs.onmessage = null;
    const silence = port.isActive();
    vi.advanceTimersByTime(1000);
    await expect(silence).resolves.toBe(false);
  });
});
