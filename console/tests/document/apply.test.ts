import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { applySegment, EMPTY, keepDocument, ownDocument, SegmentGap } from "../../src/document/apply";
import type { Document, Op, Segment } from "../../src/protocol/deck.gen";

interface Case {
  readonly name: string;
  readonly start: Document;
  readonly segments: readonly Segment[];
  readonly document?: Document;
  readonly error?: "gap";
}

const path = resolve(import.meta.dirname, "../../../tests/fixtures/deck_cases.json");
const cases = JSON.parse(readFileSync(path, "utf-8")) as Case[];

describe("applySegment, on the cases that Python runs too", () => {
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, { start, segments, document, error }) => {
    const run = () => segments.reduce(applySegment, start);
    if (error) expect(run).toThrow(SegmentGap);
    else expect(run()).toEqual(document);
  });
});

describe("applySegment", () => {
  const first: Segment = {
    seq: 1,
    at: "2026-11-24T10:00:00.000Z",
    ops: [
      { op: "put", deck: "a", element: { kind: "html", id: "1", html: "x" } },
      { op: "put", deck: "b", element: { kind: "html", id: "1", html: "y" } },
    ],
  };

  it("leaves the document before as it was", () => {
    const before = applySegment(EMPTY, first);
    const frozen = structuredClone(before);
    applySegment(before, { ...first, seq: 2 });
    expect(before).toEqual(frozen);
  });

  it("shares what did not change, so that a view can tell by identity", () => {
    const before = applySegment(EMPTY, first);
    const after = applySegment(before, {
      seq: 2,
      at: first.at,
      ops: [{ op: "put", deck: "a", element: { kind: "html", id: "1", html: "z" } }],
    });
    expect(after.decks?.[1]).toBe(before.decks?.[1]);
    expect(after.decks?.[0]).not.toBe(before.decks?.[0]);
  });
});

describe("a chart's points", () => {
  const points = (seq: number, x: readonly number[]): Segment => ({
    seq,
    at: "",
    ops: [{ op: "extend", deck: "a", element: { kind: "chart", id: "c", title: "", series: [{ name: "s", x, y: x }] } }],
  });
  const seriesOf = (document: Document) => {
    const element = document.decks?.[0]?.elements[0];
    return element?.kind === "chart" ? element.series?.[0] : undefined;
  };
  const stored = (count: number): Document => {
    const x = Array.from({ length: count }, (_, index) => index);
    const chart = { kind: "chart", id: "c", title: "", series: [{ name: "s", x, y: [...x] }] } as const;
    return { seq: 1, decks: [{ name: "a", elements: [chart] }] };
  };

  it("are appended where they are, and the segments left alone", () => {
    const segments = [points(1, [1]), points(2, [2, 3]), points(3, [4])];
    const sent = structuredClone(segments);
    const states = segments.map((_, index) => segments.slice(0, index + 1).reduce(applySegment, EMPTY));
    expect(segments).toEqual(sent);
    expect(states.map((state) => seriesOf(state)?.x)).toEqual([[1], [1, 2, 3], [1, 2, 3, 4]]);
    const second = applySegment(applySegment(EMPTY, points(1, [1])), points(2, [2]));
    const held = seriesOf(second)?.x;
    const third = applySegment(second, points(3, [3]));
    expect(seriesOf(third)?.x).toBe(held);
    expect(seriesOf(third)).not.toBe(seriesOf(second));
  });

  it("of a document that is one's own are never copied, be they a million", () => {
    const document = ownDocument(stored(1_000_000));
    const held = seriesOf(document);
    const after = seriesOf(applySegment(document, points(2, [1_000_000])));
    expect(after?.x).toBe(held?.x);
    expect(after?.y).toBe(held?.y);
    expect(after?.x).toHaveLength(1_000_001);
  });

  it("of a document that is kept stay as they are; what is appended is copied once", () => {
    const kept = applySegment(ownDocument(stored(2)), points(2, [2]));
    keepDocument(kept);
    const third = applySegment(kept, points(3, [3]));
    const held = seriesOf(third)?.x;
    const fourth = applySegment(third, points(4, [4]));
    expect(seriesOf(kept)?.x).toEqual([0, 1, 2]);
    expect(seriesOf(fourth)?.x).toEqual([0, 1, 2, 3, 4]);
    expect(seriesOf(fourth)?.x).toBe(held);
  });
});

describe("an element of a kind that this page does not know", () => {
  it("is replaced: nobody can tell here how it grows", () => {
    const op = (text: string) => ({ op: "extend", deck: "a", element: { kind: "newer", id: "1", text } }) as unknown as Op;
    const segment = (seq: number, text: string): Segment => ({ seq, at: "", ops: [op(text)] });
    const document = [segment(1, "x"), segment(2, "y")].reduce(applySegment, EMPTY);
    expect(document.decks?.[0]?.elements).toEqual([{ kind: "newer", id: "1", text: "y" }]);
  });
});
