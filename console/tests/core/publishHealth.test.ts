import { describe, expect, it } from "vitest";
import { healthRows } from "../../src/core/publishHealth";
import { applySegment } from "../../src/document/apply";
import type { Document } from "../../src/protocol/deck.gen";

const values = (...given: Parameters<typeof healthRows>) =>
  Object.fromEntries(healthRows(...given).rows.map(({ label, value, note }) => [label, `${value} ${note}`.trim()]));

describe("publish health", () => {
  it("of a Deck that goes through is numbers and one sentence", () => {
    expect(values({ flushes: 1, stored: 2_000_000, behind: 0.05 }, { phase: "live" })).toEqual({
      Flushed: "1 update",
      Merged: "0 publishes into later updates",
      Retried: "0 uploads",
      Refused: "0 for want of room",
      Stored: "1.91 MiB before the last update",
      Behind: "not",
    });
    expect(healthRows({ flushes: 1 }, { phase: "live" }).why).toBe("Every upload went through at the first try.");
  });

  it("says how late, and why", () => {
    const health = { flushes: 1200, merged: 1, retried: 1, refused: 1, behind: 12, why: "503" };
    expect(values(health, { phase: "live" })).toMatchObject({
      Flushed: "1,200 updates",
      Merged: "1 publish into a later update",
      Retried: "1 upload",
      Behind: "12 s when the last update began",
    });
    expect(healthRows(health, { phase: "live" }).why).toBe("The last upload that failed: 503");
    const failing = { phase: "behind", behind: 40, reason: "It keeps trying." } as const;
    expect(values(health, failing)["Behind"]).toBe("40 s");
    expect(healthRows(health, failing).why).toBe("It keeps trying.");
  });

  it("keeps the reason that only one segment tells", () => {
    const at = "2026-11-24T10:00:00.000Z";
    let document: Document = {};
    document = applySegment(document, { seq: 1, at, ops: [], health: { flushes: 1, retried: 1, why: "503" } });
    document = applySegment(document, { seq: 2, at, ops: [], health: { flushes: 2, retried: 1 } });
    expect(document.health).toEqual({ flushes: 2, retried: 1, why: "503" });
  });
});
