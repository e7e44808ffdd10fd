import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { applySegment, EMPTY, SegmentGap } from "../../src/document/apply";
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
