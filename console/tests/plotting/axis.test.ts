import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  across,
  CHARACTER,
  logTicks,
  logRange,
  numberTicks,
  plainRange,
  roomyRange,
  timeTicks,
  type Ticks,
  type Range,
} from "../../src/plotting/axis";

interface Case {
  readonly values: Range;
  readonly width: number;
  readonly whole: boolean;
  readonly zone: string | null;
  readonly labels: readonly string[];
  readonly base: string;
}
const CASES = JSON.parse(readFileSync(new URL("../../../tests/fixtures/axis_cases.json", import.meta.url), "utf8")) as Readonly<
  Record<"across" | "upwards" | "logarithmic", readonly Case[]>
>;
const written = ({ labels, base }: Pick<Case, "labels" | "base">) => ({ labels, base });

describe("ticks, here as in Python", () => {
  it.each(CASES.across)("across $values on $width pixels", (one) => {
    const range = plainRange(...one.values, one.zone === null ? 1 : 60);
    expect(written(across(...range, one.width, one))).toEqual(written(one));
  });
  it.each(CASES.upwards)("upwards $values", (one) => {
    expect(written(numberTicks(...roomyRange(...one.values), 7))).toEqual(written(one));
  });
  it.each(CASES.logarithmic)("upwards $values, by powers", (one) => {
    expect(written(logTicks(...logRange(...one.values), 7))).toEqual(written(one));
  });
});

/** Any number of 64 bits. */
function numbers(seed: number): () => number {
  const bits = new DataView(new ArrayBuffer(8));
  let state = seed;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  return () => {
    bits.setUint32(0, next() * 2);
    bits.setUint32(4, next() * 2);
    const value = bits.getFloat64(0);
    return Number.isFinite(value) ? value : 0;
  };
}

function expectReadable({ positions, labels, base }: Ticks, [low, high]: Range, most: number): void {
  expect(positions.length).toBeLessThanOrEqual(most);
  expect(labels).toHaveLength(positions.length);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels.every((label) => label.length <= 26) && base.length <= 40).toBe(true);
  positions.forEach((position, index) => {
    expect(position >= low && position <= high && (index === 0 || position > (positions[index - 1] ?? Infinity))).toBe(true);
  });
}

describe("ticks of any range", () => {
  const any = numbers(7);
  const near = (value: number) => value * (1 + (any() % 1e-7 || 0)) || value;
  const pairs = Array.from({ length: 1500 }, (_, index): Range => {
    const [one, other] = [any(), any()];
    const pair = index % 3 === 0 ? [one, other] : index % 3 === 1 ? [one, near(one)] : [one % 1e18, (one % 1e18) + (other % 1000)];
    return [Math.min(...pair), Math.max(...pair)];
  });

  it("are few, distinct, in order and inside", () => {
    for (const pair of pairs) {
      const [roomy, exact] = [roomyRange(...pair), plainRange(...pair)];
      for (const [low, high] of [roomy, exact]) {
        expect(low < high && Number.isFinite(low) && Number.isFinite(high) && low <= pair[0] && high >= pair[1]).toBe(true);
      }
      expectReadable(numberTicks(...roomy, 7), roomy, 9);
      expectReadable(across(...exact, 300, { zone: null }), exact, 10);
      expectReadable(across(...exact, 300, { zone: null, whole: true }), exact, 10);
    }
  });

  it("are so on a logarithmic axis", () => {
    for (const [one, other] of pairs) {
      const ends = [Math.abs(one) || 1, Math.abs(other) || 1];
      const range = logRange(Math.min(...ends), Math.max(...ends));
      expect(range[0]).toBeLessThan(range[1]);
      expectReadable(logTicks(...range, 7), range, 12);
    }
  });

  it("are so on an axis of times, and of what is no time", () => {
    for (const [one, other] of pairs) {
      const range = plainRange(one % 1e12, Math.max(one % 1e12, (one % 1e12) + Math.abs(other % 1e9)));
      expect(timeTicks(...range, 8, "UTC").positions.length).toBeLessThanOrEqual(12);
      const { positions, labels } = across(...range, 300, { zone: "UTC" });
      const at = positions.map((position) => ((position - range[0]) / (range[1] - range[0])) * 300);
      labels.slice(1).forEach((label, index) => {
        const widths = ((label.length + (labels[index]?.length ?? 0)) / 2) * CHARACTER;
        expect((at[index + 1] ?? 0) - (at[index] ?? 0)).toBeGreaterThan(widths);
      });
    }
  });
});
