import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatAge, formatBriefly, formatDuration, formatMoment, formatNumber, formatShare, formatSize } from "../../src/core/numerals";

interface Cases {
  readonly numbers: readonly [number | string, string][];
  readonly "numbers with a resolution": readonly [number, number, string][];
  readonly durations: readonly [number, string][];
  readonly ages: readonly [number, string][];
  readonly sizes: readonly [number, string][];
  readonly moments: readonly [number | string, string, string][];
  readonly briefly: readonly [number | string, string][];
  readonly shares: readonly [number, string][];
}
const CASES = JSON.parse(
  readFileSync(new URL("../../../tests/fixtures/written_cases.json", import.meta.url), "utf8"),
) as Cases;

describe("what livedeck writes, here as in Python", () => {
  it.each(CASES.numbers)("number %s is %s", (value, text) => expect(formatNumber(value)).toBe(text));
  it.each(CASES["numbers with a resolution"])("number %d to %d is %s", (value, resolution, text) =>
    expect(formatNumber(value, resolution)).toBe(text),
  );
  it.each(CASES.durations)("%d seconds are %s", (value, text) => expect(formatDuration(value)).toBe(text));
  it.each(CASES.ages)("what was %d seconds ago was %s", (value, text) => expect(formatAge(value)).toBe(text));
  it.each(CASES.sizes)("%d bytes are %s", (value, text) => expect(formatSize(value)).toBe(text));
  it.each(CASES.moments)("time %s %s is %s", (value, zone, text) =>
    expect(formatMoment(value, zone)).toBe(text),
  );
  it.each(CASES.briefly)("number %d in little room is %s", (value, text) => expect(formatBriefly(value)).toBe(text));
  it.each(CASES.shares)("share %d is %s", (share, text) => expect(formatShare(share)).toBe(text));

  it("has words for what is no number", () => {
    expect([Infinity, -Infinity, NaN].map((value) => formatNumber(value))).toEqual(["Infinity", "-Infinity", "NaN"]);
    expect([formatDuration(NaN), formatAge(NaN)]).toEqual(["–", "–"]);
  });
});
