import { describe, expect, it } from "vitest";
import { runsOf } from "../../src/plotting/lines";
import { Extremes, lowerBound } from "../../src/plotting/numbers";
import { Field, Scale } from "../../src/plotting/scale";
import { Trace, type Points } from "../../src/plotting/trace";

const LINEAR = { x: false, y: false };
type Values = readonly (number | string | null)[];

/** A generator of numbers from 0 to 1 that are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

function traced(x: Values, y: Values, positive = LINEAR): Trace {
  const trace = new Trace();
  trace.update({ x, columns: [y] }, {}, positive);
  return trace;
}

function points(trace: Trace): [number, number | null][] {
  return Array.from({ length: trace.length }, (_, index) => {
    const y = trace.columns[0]?.at(index) ?? NaN;
    return [trace.x.at(index), Number.isNaN(y) ? null : y];
  });
}

describe("Extremes", () => {
  it("finds the least and greatest of any stretch, while numbers are added and put in between", () => {
    const [next, numbers, plain] = [random(1), new Extremes(), [] as number[]];
    for (let step = 0; step < 6000; step++) {
      const value = next() < 0.1 ? NaN : Math.round(next() * 1e6);
      const place = next() < 0.02 ? Math.floor(next() * plain.length) : plain.length;
      if (place === plain.length) numbers.push(value);
      else numbers.insert(place, value);
      plain.splice(place, 0, value);
      if (step % 50 !== 0) continue;
      const from = Math.floor(next() * plain.length);
      const to = from + Math.floor(next() * (plain.length - from + 1));
      const among = plain.slice(from, to).filter((each) => !Number.isNaN(each));
      const expected = among.length === 0 ? null : [Math.min(...among), Math.max(...among)];
      expect(numbers.between(from, to)).toEqual(expected);
    }
  });

  it("finds the first that is not below a value", () => {
    const numbers = new Extremes();
    for (const value of [1, 3, 3, 7]) numbers.push(value);
    expect([0, 1, 2, 3, 4, 8].map((value) => lowerBound(numbers, value))).toEqual([0, 0, 1, 1, 3, 4]);
  });
});

describe("Trace", () => {
  it("is in the order of x when all x are different, whatever came first", () => {
    expect(points(traced([3, 1, 2, null, 5], [30, 10, null, 1, 50]))).toEqual([[1, 10], [2, null], [3, 30], [5, 50]]);
  });

  it("is as it came when it comes to an x again, in passes where x starts again", () => {
    const trace = traced([0, 1, 2, 0, 1, 2, 0], [1, 2, 3, 4, 5, 6, 7]);
    expect(points(trace).map(([, y]) => y)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(trace.passes.map(({ start, end }) => [start, end])).toEqual([[0, 3], [3, 6], [6, 7]]);
    expect(trace.restarts).toBe(2);
  });

  it("takes two points of one x beside each other for what they are", () => {
    const trace = traced([1, 2, 2, 3], [1, 2, 3, 4]);
    expect([trace.ascends, trace.restarts, trace.length]).toEqual([true, 0, 4]);
  });

  it("leaves out what a logarithmic axis has no place for, and counts it", () => {
    const trace = traced([-1, 0, 1, 2], [1, 1, 0, 5], { x: true, y: true });
    expect(points(trace)).toEqual([[1, null], [2, 5]]);
    expect(trace.lost).toEqual({ x: 2, y: 1 });
  });

  it("is the same, appended to or taken at once, for any order of x", () => {
    for (let seed = 1; seed < 60; seed++) {
      const next = random(seed);
      const [x, y]: [(number | null)[], (number | null)[]] = [[], []];
      const grown = new Trace();
      const lineage = {};
      const spread = seed % 3 === 0 ? 12 : 1e6;
      for (let batch = 0; batch < 8; batch++) {
        const size = Math.floor(next() * (seed % 7 === 0 ? 400 : 6));
        for (let index = 0; index < size; index++) {
          x.push(next() < 0.05 ? null : seed % 2 === 0 ? Math.floor(next() * spread) : x.length);
          y.push(next() < 0.1 ? null : Math.round(next() * 100) - 10);
        }
        grown.update({ x, columns: [y] }, lineage, { x: seed % 5 === 0, y: seed % 4 === 0 });
        grown.smoothed(0.5);
      }
      const fresh = traced(x, y, { x: seed % 5 === 0, y: seed % 4 === 0 });
      expect(points(grown)).toEqual(points(fresh));
      expect([grown.passes, grown.lost, grown.whole]).toEqual([fresh.passes, fresh.lost, fresh.whole]);
      expect(grown.range()).toEqual(fresh.range());
      const averages = (trace: Trace) => Array.from({ length: trace.length }, (_, index) => trace.smoothed(0.5)?.at(index));
      expect(averages(grown)).toEqual(averages(fresh));
    }
  });

  it("says exactly what came as digits, wherever it was put", () => {
    const [x, y]: [(number | string)[], (number | string)[]] = [[5, 1], ["9223372036854775807", 7]];
    const trace = new Trace();
    const lineage = {};
    trace.update({ x: [...x], columns: [[1, 7]] }, lineage, LINEAR);
    expect([trace.exactX(0), trace.exactly(0)]).toEqual([1, 7]);
    trace.update({ x, columns: [y] }, {}, LINEAR);
    expect([0, 1].map((index) => trace.exactly(index))).toEqual([7, "9223372036854775807"]);
    x.push("9007199254740993", 3);
    y.push("9223372036854775806", "9223372036854775805");
    trace.update({ x, columns: [y] }, {}, LINEAR);
    expect([0, 1, 2, 3].map((index) => trace.exactX(index))).toEqual([1, 3, 5, "9007199254740993"]);
    expect([1, 2, 3].map((index) => trace.exactly(index))).toEqual(["9223372036854775805", "9223372036854775807", "9223372036854775806"]);
    expect(trace.ends()).toEqual([7, "9223372036854775807"]);
    expect(traced([1, 2], ["<b>", 3]).exactly(0)).toBeNaN();
  });

  it("takes digits that come after plain numbers", () => {
    const [x, y]: [(number | string)[], (number | string)[]] = [[1, 2], [3, 4]];
    const [trace, lineage] = [new Trace(), {}];
    trace.update({ x, columns: [y] }, lineage, LINEAR);
    x.push("9223372036854775807");
    y.push("9223372036854775807");
    trace.update({ x, columns: [y] }, lineage, LINEAR);
    expect([trace.length, trace.exactX(2), trace.exactly(0), trace.exactly(2)]).toEqual([3, "9223372036854775807", 3, "9223372036854775807"]);
  });

  it("begins anew with what does not follow", () => {
    const trace = traced([1, 2], [10, 20]);
    trace.update({ x: [5], columns: [[50]] }, {}, LINEAR);
    expect(points(trace)).toEqual([[5, 50]]);
  });

  it("finds the nearest point, and what lies between two x", () => {
    const trace = traced([0, 1, 2, 10], [5, -3, 8, 1]);
    expect([-5, 0.4, 5, 7, 99].map((x) => trace.nearest(x))).toEqual([0, 0, 2, 3, 3]);
    expect(trace.extremes(0.5, 3)).toEqual([-3, 8]);
    expect(trace.extremes(3, 4)).toBeNull();
  });

  it("counts x by points where that is wanted", () => {
    const trace = new Trace();
    trace.update({ x: [100, 300, 200], columns: [[1, 2, 3]] }, {}, LINEAR, true);
    expect(points(trace)).toEqual([[0, 1], [1, 2], [2, 3]]);
  });

  it("averages with the start corrected, from pass to pass anew", () => {
    const trace = traced([0, 1, 0, 1], [4, 8, 2, 2]);
    const smooth = trace.smoothed(0.5);
    expect([0, 1, 2, 3].map((index) => smooth?.at(index))).toEqual([4, (4 * 0.25 + 8 * 0.5) / 0.75, 2, 2]);
  });
});

describe("runsOf", () => {
  const field = new Field(0, 0, 300, 100, new Scale(0, 100_000), new Scale(-1, 10));

  it("keeps every peak of many points, in few", () => {
    const count = 100_000;
    const x = Array.from({ length: count }, (_, index) => index);
    const y = x.map((index) => (index % 3333 === 17 ? 9 : Math.sin(index)));
    const trace = traced(x, y);
    const [run = []] = runsOf(trace, trace.columns[0] ?? new Extremes(), field);
    expect(run.length).toBeLessThan(600 * 4 * 2 + 1);
    const top = field.upwards(9);
    const peaks = x.filter((index) => y[index] === 9);
    for (const peak of peaks) {
      const at = field.across(peak);
      expect(run.some((value, index) => index % 2 === 1 && value === top && Math.abs((run[index - 1] ?? 0) - at) <= 0.5)).toBe(true);
    }
  });

  it("breaks at gaps and where x starts again, and holds values where steps are drawn", () => {
    const plain = new Field(0, 0, 10, 10, new Scale(0, 10), new Scale(0, 10));
    const runs = (points: Points, step = false) => {
      const trace = new Trace();
      trace.update(points, {}, LINEAR);
      return runsOf(trace, trace.columns[0] ?? new Extremes(), plain, step).map((run) => run.map(Math.round));
    };
    expect(runs({ x: [0, 1, 2, 3], columns: [[1, null, 2, 3]] })).toEqual([[0, 9], [2, 8, 3, 7]]);
    expect(runs({ x: [0, 1, 0, 1], columns: [[1, 2, 3, 4]] })).toEqual([[0, 9, 1, 8], [0, 7, 1, 6]]);
    expect(runs({ x: [0, 1, 2], columns: [[1, 2, 2]] }, true)).toEqual([[0, 9, 1, 9, 1, 8, 2, 8, 2, 8]]);
  });

  it("draws a point alone, and what leads out of the picture", () => {
    const plain = new Field(0, 0, 10, 10, new Scale(2, 4), new Scale(0, 10));
    const trace = traced([0, 3, 9], [1, 2, 3]);
    expect(runsOf(trace, trace.columns[0] ?? new Extremes(), plain)[0]?.length).toBe(6);
  });
});
