import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { amountOf, paceOf } from "../../../src/elements/progress/words";
import { summary } from "../../../src/elements/progress/summary";
import type { Progress } from "../../../src/protocol/deck.gen";

const path = resolve(import.meta.dirname, "../../../../tests/fixtures/tile_cases.json");
const { bars } = JSON.parse(readFileSync(path, "utf-8")) as { bars: { bar: Progress; amount: string; pace: string }[] };

describe("what is said of a bar", () => {
  it.each(bars)("$amount", ({ bar, amount, pace }) => {
    expect([amountOf(bar), paceOf(bar)]).toEqual([amount, pace]);
  });

  it("says in a headline how it has ended", () => {
    const bar: Progress = { kind: "progress", id: "p", label: "files", value: 3, total: 12 };
    expect(summary(bar)).toMatchObject({ share: 0.25, amount: "25 %" });
    expect(summary({ ...bar, state: "failed" })).toMatchObject({ share: 0.25, amount: "25 % · failed" });
    expect(summary({ ...bar, state: "done" })).toMatchObject({ share: 1, amount: "done" });
    expect(summary({ ...bar, value: 12 })).toMatchObject({ share: 1, amount: "100 %" });
  });
});
