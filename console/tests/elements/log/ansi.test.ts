import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contrast, runs } from "../../../src/elements/log/ansi";

type Look = [classes: string, properties: string] | null;
const CASES = JSON.parse(readFileSync(new URL("../../../../tests/fixtures/ansi_cases.json", import.meta.url), "utf8")) as {
  line: string;
  runs: [words: string, look: Look][];
}[];

describe("runs", () => {
  it.each(CASES)("$line", ({ line, runs: expected }) => {
    expect(runs(line).map(({ words, look }) => [words, look])).toEqual(expected);
  });
});

describe("contrast", () => {
  it("is that of WCAG", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });
});
