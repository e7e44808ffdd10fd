import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { advanceDocument, applySegment, EMPTY, SegmentGap } from "../../src/document/apply";
import type { Document, Segment } from "../../src/protocol/deck.gen";

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

describe("advanceDocument", () => {
  const points = (seq: number, x: readonly number[]): Segment => ({
    seq,
    at: "",
    ops: [{ op: "extend", deck: "a", element: { kind: "chart", id: "c", title: "", series: [{ name: "s", x, y: x }] } }],
  });
  const seriesOf = (document: Document) => {
    const element = document.decks?.[0]?.elements[0];
    return element?.kind === "chart" ? element.series?.[0] : undefined;
  };

  it("appends points where they are, and leaves the segments alone", () => {
    const segments = [points(1, [1]), points(2, [2, 3]), points(3, [4])];
    const sent = structuredClone(segments);
    const states = segments.map((_, index) => segments.slice(0, index + 1).reduce((one, next) => advanceDocument(one, next), EMPTY));
    expect(segments).toEqual(sent);
    expect(states.map((state) => seriesOf(state)?.x)).toEqual([[1], [1, 2, 3], [1, 2, 3, 4]]);
    const second = advanceDocument(advanceDocument(EMPTY, points(1, [1])), points(2, [2]));
    const held = seriesOf(second)?.x;
    const third = advanceDocument(second, points(3, [3]));
    expect(seriesOf(third)?.x).toBe(held);
    expect(seriesOf(third)).not.toBe(seriesOf(second));
  });

  it("copies where a state is kept, however it came to be", () => {
    const kept = advanceDocument(advanceDocument(EMPTY, points(1, [1])), points(2, [2]));
    const later = advanceDocument(applySegment(kept, points(3, [3])), points(4, [4]));
    expect(seriesOf(kept)?.x).toEqual([1, 2]);
    expect(seriesOf(later)?.x).toEqual([1, 2, 3, 4]);
  });
});
