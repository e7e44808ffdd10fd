import { describe, expect, it } from "vitest";
import { parseRank, rankName, ranksOf, rankShown } from "../../src/core/ranks";
import type { TaskExecution } from "../../src/protocol/flyte";

function attempt(retryAttempt: number, customInfo: Record<string, unknown>): TaskExecution {
  return { id: { retryAttempt }, closure: { customInfo } } as unknown as TaskExecution;
}

const GANG = { count: 4, decks: true };

describe("ranks", () => {
  it("are those of the attempt that is shown", () => {
    const attempts = [attempt(0, { ranks: 2 }), attempt(1, { ranks: 4, rank_decks: true })];
    expect(ranksOf(attempts, 0)).toEqual({ count: 2, decks: false });
    expect(ranksOf(attempts, null)).toEqual(GANG);
    expect(ranksOf([attempt(0, {})], null)).toBeNull();
    expect(ranksOf([], null)).toBeNull();
  });

  it("that there are not are rank 0", () => {
    expect(rankShown(GANG, 9, "log")).toBe(0);
    expect(rankShown(GANG, 3, "log")).toBe(3);
    expect(rankShown(GANG, "all", "deck")).toBe("all");
    expect(rankShown(GANG, "all", "log")).toBe(0);
    expect(rankShown({ count: 4, decks: false }, "all", "deck")).toBe(0);
    expect(rankShown(null, 1, "deck")).toBe(0);
  });

  it("have names and addresses", () => {
    expect(rankName("n0", 0)).toBe("n0");
    expect(rankName("n0", 3)).toBe("n0@3");
    expect(rankName("n0:2", "all")).toBe("n0:2@all");
    expect(parseRank("12")).toBe(12);
    expect(parseRank("all")).toBe("all");
    expect(parseRank("x")).toBeNull();
    expect(parseRank(null)).toBeNull();
  });
});
