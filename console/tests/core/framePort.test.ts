// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeckSession } from "../../src/core/deckSession";
import { FramePort } from "../../src/core/framePort";
import { FakeSurroundings } from "./surroundings";

interface Posted {
  readonly data: unknown;
  readonly origin: string;
  readonly ports: readonly MessagePort[];
}

let frame: HTMLIFrameElement;
let posted: Posted[];
let port: FramePort;

beforeEach(() => {
  document.body.replaceChildren();
  frame = document.body.appendChild(document.createElement("iframe"));
  posted = [];
  const window = frame.contentWindow;
  if (!window) throw new Error("the frame has no window");
  window.postMessage = ((data: unknown, origin: string, ports: MessagePort[]) => {
    posted.push({ data, origin, ports });
  }) as typeof window.postMessage;
  port = new FramePort(frame, new DeckSession("/live/decks/x", new FakeSurroundings()), true);
});

afterEach(() => port.close());

function say(source: Window | null, data: unknown): void {
  window.dispatchEvent(new MessageEvent("message", { source, data }));
}

describe("FramePort", () => {
  it("answers the frame's first message with a port, once", () => {
    say(frame.contentWindow, { type: "livedeck:hello" });
    say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted.map(({ data }) => data)).toEqual([{ type: "livedeck:port" }]);
    expect(posted[0]?.ports).toHaveLength(1);
  });

  it("ignores everybody else, and everything else", () => {
    const other = document.body.appendChild(document.createElement("iframe"));
    say(other.contentWindow, { type: "livedeck:hello" });
    say(window, { type: "livedeck:hello" });
    say(null, { type: "livedeck:hello" });
    for (const data of [null, "livedeck:hello", {}, { type: "livedeck:port" }]) say(frame.contentWindow, data);
    expect(posted).toEqual([]);
  });

  it("says nothing any more once closed", () => {
    port.close();
    say(frame.contentWindow, { type: "livedeck:hello" });
    expect(posted).toEqual([]);
  });
});
