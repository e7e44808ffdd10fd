import { describe, expect, it } from "vitest";
import { DeckSession, type DocumentSink } from "../../src/core/deckSession";
import { applySegment } from "../../src/document/apply";
import type { Document, Segment } from "../../src/protocol/deck.gen";
import { FakeSurroundings } from "./surroundings";

class Screen implements DocumentSink {
  shown: Document = {};
  documents = 0;

  document(document: Document): void {
    this.documents++;
    this.shown = document;
  }

  segment(segment: Segment): void {
    this.shown = applySegment(this.shown, segment);
  }
}

const at = "2026-11-24T10:00:00.000Z";
const segment = (seq: number, html: string): Segment => ({
  seq,
  at,
  ops: [{ op: "extend", deck: "a", element: { kind: "html", id: "1", html } }],
});
const document = (seq: number, html: string): Document => ({
  seq,
  at,
  decks: [{ name: "a", elements: [{ kind: "html", id: "1", html }] }],
});
const html = (screen: Screen) => {
  const element = screen.shown.decks?.[0]?.elements[0];
  return element?.kind === "html" ? element.html : null;
};

async function open() {
  const around = new FakeSurroundings();
  const session = new DeckSession("/live/decks/x", around);
  const screen = new Screen();
  session.attach(screen);
  await around.last.open();
  const state = (phase: string, more: object = {}) => around.last.send("state", { phase, now: at, ...more });
  const snapshot = (seq: number, text: string) =>
    around.last.send("snapshot", { document: document(seq, text) }, `0.${seq}`);
  const tail = (seq: number, text: string) => around.last.send("segment", { segment: segment(seq, text) }, `0.${seq}`);
  return { around, session, screen, state, snapshot, tail };
}

describe("DeckSession", () => {
  it("shows the snapshot and applies what follows in place", async () => {
    const { session, screen, state, snapshot, tail } = await open();
    await state("live");
    await snapshot(3, "x");
    await tail(4, "y");
    expect(html(screen)).toBe("xy");
    expect(screen.documents).toBe(1);
    expect(session.view.get()).toMatchObject({ hasDocument: true, state: { phase: "live" } });
  });

  it("tells which segments could not be read, shown or not", async () => {
    const { around, session, state, snapshot, tail } = await open();
    await state("live");
    await snapshot(3, "x");
    expect(session.view.get().unreadable).toEqual([]);
    await around.last.send("segment", { segment: { seq: 4, at: "", ops: [], unreadable: "it is empty" } }, "0.4");
    expect(session.view.get().unreadable).toEqual([{ seq: 4, reason: "it is empty" }]);
    await tail(5, "y");
    expect(session.view.get().unreadable).toHaveLength(1);
    await snapshot(6, "xy");
    expect(session.view.get().unreadable).toEqual([]);
  });

  it("gives a frame that comes later what is shown", async () => {
    const { session, snapshot, tail } = await open();
    await snapshot(3, "x");
    await tail(4, "y");
    const late = new Screen();
    session.attach(late);
    expect(html(late)).toBe("xy");
    await tail(5, "z");
    expect(html(late)).toBe("xyz");
  });

  it("tells an empty document from one with something in it", async () => {
    const { around, session, tail } = await open();
    await around.last.send("snapshot", { document: { at } }, "0.0");
    expect(session.view.get()).toMatchObject({ hasDocument: true, empty: true });
    await tail(1, "x");
    expect(session.view.get().empty).toBe(false);
  });

  it("ignores a segment that came before", async () => {
    const { session, screen, snapshot, tail } = await open();
    await snapshot(3, "x");
    await tail(3, "x");
    expect(html(screen)).toBe("x");
    expect(session.view.get().waiting).toBe(0);
  });

  it("asks for everything again when a segment is missing", async () => {
    const { around, screen, snapshot, tail } = await open();
    await snapshot(3, "x");
    await tail(5, "z");
    expect(around.connections).toHaveLength(2);
    expect(around.last.lastEventId).toBeNull();
    await around.last.open();
    await around.last.send("snapshot", { document: document(5, "xyz") }, "0.5");
    expect(html(screen)).toBe("xyz");
  });

  it("holds updates while paused, counts them, and shows them when resumed", async () => {
    const { session, screen, snapshot, tail } = await open();
    await snapshot(1, "a");
    session.pause();
    await tail(2, "b");
    await tail(3, "c");
    expect(html(screen)).toBe("a");
    expect(session.view.get()).toMatchObject({ paused: true, waiting: 2 });
    session.resume();
    expect(html(screen)).toBe("abc");
    expect(screen.documents).toBe(1);
    expect(session.view.get()).toMatchObject({ paused: false, waiting: 0 });
  });

  it("shows a frame that comes during a pause what was shown then", async () => {
    const { session, snapshot, tail } = await open();
    await snapshot(1, "a");
    session.pause();
    await tail(2, "b");
    const late = new Screen();
    session.attach(late);
    expect(html(late)).toBe("a");
    session.resume();
    expect(html(late)).toBe("ab");
  });

  it("shows the whole document again after a long pause", async () => {
    const { session, screen, snapshot, tail } = await open();
    await snapshot(1, "a");
    session.pause();
    for (let seq = 2; seq <= 220; seq++) await tail(seq, "b");
    session.resume();
    expect(html(screen)).toBe(`a${"b".repeat(219)}`);
    expect(screen.documents).toBe(2);
  });

  it("holds no more than some data in a pause, however few segments it comes in", async () => {
    const { session, screen, snapshot, tail } = await open();
    const many = "b".repeat(6 * 1024 * 1024);
    await snapshot(1, "a");
    session.pause();
    for (let seq = 2; seq <= 4; seq++) await tail(seq, many);
    session.resume();
    expect(html(screen)?.length).toBe(1 + 3 * many.length);
    expect(screen.documents).toBe(2);
    session.pause();
    await tail(5, "c");
    session.resume();
    expect(screen.documents).toBe(2);
    expect(html(screen)?.endsWith("bc")).toBe(true);
  });

  it("takes a snapshot of a skipped-ahead stream", async () => {
    const { screen, snapshot, tail } = await open();
    await snapshot(1, "a");
    await snapshot(90, "much later");
    await tail(91, "!");
    expect(html(screen)).toBe("much later!");
  });

  it("takes the age from the newest segment, not from the last word about the state", async () => {
    const { around, session, state } = await open();
    const told = (seq: number, time: string) => around.last.send("segment", { segment: { ...segment(seq, "x"), at: time } });
    await state("live", { publishedAt: at });
    await told(1, "2026-11-24T10:00:00.500Z");
    expect(session.view.get().state?.publishedAt).toBe("2026-11-24T10:00:00.500Z");
    await told(2, "2026-11-24T09:59:59.000Z");
    expect(session.view.get().state?.publishedAt).toBe("2026-11-24T10:00:00.500Z");
  });

  it("lets go of the document when another attempt begins", async () => {
    const { session, screen, state, snapshot } = await open();
    await state("live", { attempt: 0, attempts: 1 });
    await snapshot(4, "first");
    await state("waiting", { attempt: 1, attempts: 2 });
    expect(session.view.get().hasDocument).toBe(false);
    await snapshot(1, "second");
    expect(html(screen)).toBe("second");
  });

  it("ends with the stream and stays", async () => {
    const { around, session, snapshot } = await open();
    await snapshot(4, "x");
    await around.last.send("end", { phase: "failed", reason: "ValueError", now: at });
    expect(session.view.get()).toMatchObject({
      stream: { status: "ended" },
      state: { phase: "failed", reason: "ValueError" },
      hasDocument: true,
    });
  });

  it("names the version of a foreign Deck, and keeps the one shown while paused", async () => {
    const { around, session } = await open();
    await around.last.send("snapshot", { etag: "one" });
    expect(session.view.get().etag).toBe("one");
    session.pause();
    await around.last.send("snapshot", { etag: "two" });
    expect(session.view.get()).toMatchObject({ etag: "one", waiting: 1 });
    session.resume();
    expect(session.view.get().etag).toBe("two");
  });
});
