/**
 * Lines, areas, bands and points of any number of points: as many of them as a picture can show, by the first, the least,
 * the greatest and the last of each column of its pixels. No peak is lost, and the cost is that of the picture's width.
 */
import type { Pen } from "./pen";
import type { Extremes } from "./numbers";
import { lowerBound } from "./numbers";
import type { Field } from "./scale";
import { upperBound, type Pass, type Trace } from "./trace";

/** A line without a gap: x and y of its points, in pixels, one after the other. */
export type Run = number[];

/** Columns of pixels for each pixel of the page: pictures are sharp on screens of twice as many. */
const FINE = 2;

/** Calls back with each group of neighbouring points that one column of pixels shows: from an index to before another. */
export function eachColumn(trace: Trace, field: Field, pass: Pass, visit: (from: number, to: number) => void): void {
  const { x } = trace;
  const columns = Math.max(1, Math.ceil(field.width * FINE));
  if (!pass.straight) {
    eachNeighbour(trace, field, pass, visit);
    return;
  }
  // One point beyond each end, to which the line leads out of the picture.
  const from = Math.max(pass.start, lowerBound(x, field.x.low, pass.start, pass.end) - 1);
  const to = Math.min(pass.end, upperBound(x, field.x.high, from, pass.end) + 1);
  if (to - from <= 2 * columns) {
    for (let index = from; index < to; index++) visit(index, index + 1);
    return;
  }
  let index = from;
  while (index < to) {
    const column = Math.floor(field.x.share(x.at(index)) * columns);
    const end = field.x.value((column + 1) / columns);
    let next = column < 0 || column >= columns ? index + 1 : lowerBound(x, end, index + 1, to);
    if (next === index) next = index + 1;
    visit(index, next);
    index = next;
  }
}

/** The same where x goes to and fro: neighbours in one column of pixels are one group. */
function eachNeighbour({ x }: Trace, field: Field, { start, end }: Pass, visit: (from: number, to: number) => void): void {
  const columns = Math.max(1, Math.ceil(field.width * FINE));
  const of = (index: number) => Math.floor(field.x.share(x.at(index)) * columns);
  for (let from = start; from < end; ) {
    const column = of(from);
    let to = from + 1;
    while (to < end && of(to) === column) to++;
    visit(from, to);
    from = to;
  }
}

/** The lines through a column's values; `step`: each value holds until the next. */
export function runsOf(trace: Trace, values: Extremes, field: Field, step = false): Run[] {
  const runs: Run[] = [];
  let run: Run | null = null;
  const add = (x: number, y: number) => {
    if (run === null) runs.push((run = [x, y]));
    else if (step) run.push(x, run.at(-1) ?? 0, x, y);
    else run.push(x, y);
  };
  for (const pass of trace.passes) {
    run = null;
    eachColumn(trace, field, pass, (from, to) => {
      const first = values.at(from);
      const at = field.across(trace.x.at(from));
      if (to - from === 1) {
        if (Number.isNaN(first)) run = null;
        else add(at, field.upwards(first));
        return;
      }
      const found = values.between(from, to);
      if (Number.isNaN(first)) run = null;
      if (found === null) return;
      const last = values.at(to - 1);
      if (!Number.isNaN(first)) add(at, field.upwards(first));
      add(at, field.upwards(found[0]));
      if (found[1] > found[0]) add(at, field.upwards(found[1]));
      if (Number.isNaN(last)) run = null;
      else add(field.across(trace.x.at(to - 1)), field.upwards(last));
    });
  }
  return runs;
}

export function strokeRuns(pen: Pen, runs: readonly Run[]): void {
  pen.beginPath();
  for (const run of runs) {
    const [x = 0, y = 0] = run;
    pen.moveTo(x, y);
    // A point alone is a line that is just long enough to be drawn.
    if (run.length === 2) pen.lineTo(x + 0.01, y);
    for (let index = 2; index < run.length; index += 2) pen.lineTo(run[index] ?? 0, run[index + 1] ?? 0);
  }
  pen.stroke();
}

/** Fill what lies between lines and a height, in pixels. */
export function fillRuns(pen: Pen, runs: readonly Run[], base: number): void {
  pen.beginPath();
  for (const run of runs) {
    pen.moveTo(run[0] ?? 0, base);
    for (let index = 0; index < run.length; index += 2) pen.lineTo(run[index] ?? 0, run[index + 1] ?? 0);
    pen.lineTo(run.at(-2) ?? 0, base);
    pen.closePath();
  }
  pen.fill();
}

/** Fill what lies between two columns. */
export function fillBetween(pen: Pen, trace: Trace, low: Extremes, high: Extremes, field: Field): void {
  pen.beginPath();
  let edge: { readonly x: number; readonly low: number; readonly high: number }[] = [];
  const close = () => {
    edge.forEach(({ x, high: y }, index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    for (const { x, low: y } of edge.toReversed()) pen.lineTo(x, y);
    const only = edge.length === 1 ? edge[0] : undefined;
    if (only) pen.rect(only.x - 0.5, only.high, 1, only.low - only.high);
    else if (edge.length > 0) pen.closePath();
    edge = [];
  };
  for (const pass of trace.passes) {
    eachColumn(trace, field, pass, (from, to) => {
      const [below, above] = [low.between(from, to), high.between(from, to)];
      if (below && above) edge.push({ x: field.across(trace.x.at(from)), low: field.upwards(below[0]), high: field.upwards(above[1]) });
      else close();
    });
    close();
  }
  pen.fill();
}

/** Points up to which each is a disc of its own. */
const FEW = 2000;

/** Draw points alone. Of very many each pixel that has one is drawn, once. */
export function drawPoints(pen: Pen, trace: Trace, values: Extremes, field: Field): void {
  const { x } = trace;
  pen.beginPath();
  if (values.length <= FEW) {
    const radius = values.length <= 200 ? 3 : 2;
    for (let index = 0; index < values.length; index++) {
      const [at, value] = [x.at(index), values.at(index)];
      if (Number.isNaN(value) || at < field.x.low || at > field.x.high || value < field.y.low || value > field.y.high) continue;
      const [left, top] = [field.across(at), field.upwards(value)];
      pen.moveTo(left + radius, top);
      pen.arc(left, top, radius, 0, 2 * Math.PI);
    }
    pen.fill();
    return;
  }
  const [width, height] = [Math.ceil(field.width) + 1, Math.ceil(field.height) + 1];
  const taken = new Uint8Array(width * height);
  for (let index = 0; index < values.length; index++) {
    const across = field.x.share(x.at(index));
    const upwards = field.y.share(values.at(index));
    if (!(across >= 0 && across <= 1 && upwards >= 0 && upwards <= 1)) continue;
    taken[Math.floor((1 - upwards) * field.height) * width + Math.floor(across * field.width)] = 1;
  }
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (taken[row * width + column] === 0) continue;
      const start = column;
      while (column < width && taken[row * width + column] === 1) column++;
      pen.rect(field.left + start - 0.5, field.top + row - 0.5, column - start + 1, 2);
    }
  }
  pen.fill();
}
