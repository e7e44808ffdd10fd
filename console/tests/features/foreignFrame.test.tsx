// @vitest-environment jsdom
import { act } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ForeignFrame } from "../../src/features/deck/ForeignFrame";
import { rendered } from "../rendering";

function open(etag: string) {
  const page = (version: string) => <ForeignFrame url="/decks/x/deck.html" etag={version} />;
  const { node, render } = rendered(page(etag));
  const frames = () => [...node.querySelectorAll("iframe")];
  const version = (frame: HTMLIFrameElement) => new URL(frame.src).searchParams.get("version");
  return {
    publish: (next: string) => render(page(next)),
    frames,
    /** Versions in the page: the one on screen first. */
    versions: () => frames().map(version),
    shown: () => frames().filter((frame) => frame.title === "Deck").map(version),
    load: (which: string) =>
      act(() => void frames().find((frame) => version(frame) === which)?.dispatchEvent(new Event("load"))),
  };
}

afterEach(() => vi.useRealTimers());

describe("ForeignFrame", () => {
  it("shows the next version once it has loaded, in the frame in which it did", () => {
    const { publish, frames, versions, shown, load } = open("1");
    load("1");
    publish("2");
    expect([versions(), shown()]).toEqual([["1", "2"], ["1"]]);
    const second = frames()[1];
    load("2");
    expect([versions(), shown()]).toEqual([["2"], ["2"]]);
    expect(frames()[0]).toBe(second);
  });

  it("lets a version finish loading before it begins with the newest, however many come meanwhile", () => {
    const { publish, frames, versions, shown, load } = open("1");
    load("1");
    publish("2");
    const second = frames()[1];
    publish("3");
    publish("4");
    expect(frames()[1]).toBe(second);
    expect(versions()).toEqual(["1", "2"]);
    load("2");
    expect([versions(), shown()]).toEqual([["2", "4"], ["2"]]);
    load("4");
    expect([versions(), shown()]).toEqual([["4"], ["4"]]);
  });

  it("keeps the very first, too", () => {
    const { publish, versions, shown, load } = open("1");
    publish("2");
    expect([versions(), shown()]).toEqual([["1"], ["1"]]);
    load("1");
    expect([versions(), shown()]).toEqual([["1", "2"], ["1"]]);
  });

  it("does not wait for ever for one that never loads", () => {
    vi.useFakeTimers();
    const { publish, versions, load } = open("1");
    load("1");
    publish("2");
    act(() => void vi.advanceTimersByTime(30_000));
    expect(versions()).toEqual(["1", "2"]); // there is nothing newer: it may yet come
    publish("3");
    expect(versions()).toEqual(["1", "3"]);
    publish("4");
    expect(versions()).toEqual(["1", "3"]);
    act(() => void vi.advanceTimersByTime(30_000));
    expect(versions()).toEqual(["1", "4"]);
  });
});
