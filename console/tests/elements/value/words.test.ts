import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { deltaWords, isReached, targetWords, trendPath, trendWords } from "../../../src/elements/value/words";
import type { Value } from "../../../src/protocol/deck.gen";

const path = resolve(import.meta.dirname, "../../../../tests/fixtures/tile_cases.json");
const { values, lines } = JSON.parse(readFileSync(path, "utf-8")) as {
  values: { value: Value; delta: string; target: string; reached: boolean }[];
  lines: { recent: number[]; path: string; words: string }[];
};

describe("what is said of a value", () => {
  it.each(values)("$delta, $target", ({ value, delta, target, reached }) => {
    expect(value.delta === undefined ? "" : deltaWords(value.delta ?? 0, value.up_is_good ?? null)).toBe(delta);
    expect(value.target === undefined ? "" : targetWords(value.value ?? null, value.target ?? 0)).toBe(target);
    expect(isReached(value)).toBe(reached);
  });

  it.each(lines)("$words", ({ recent, path: drawn, words }) => {
    expect(trendPath(recent)).toBe(drawn);
    if (drawn) expect(trendWords(recent)).toBe(words);
  });
});
