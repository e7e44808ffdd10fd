/** The axes of a picture: how much room they take, and how grid, ticks and names are drawn. */
import { across, durationTicks, logTicks, numberTicks, type Ticks } from "./axis";
import type { Pen } from "./pen";
import { Field, type Scale } from "./scale";
import type { Theme } from "./theme";

export const SIZE = 11;
const ROW = 15; // of words below or above the plot
const BELOW = 24; // the ticks of the x axis
const GAP = 8; // from ticks to plot
const APART = 4; // from the words beside the y axis to its ticks
const MARGIN = 14; // at the right
const MARK_HEIGHT = 32;
/** Of the width, what the words beside the y axis may take. */
const SIDE = 0.4;

export interface AxesOf {
  readonly xLabel: string;
  readonly yLabel: string;
  /** What lies across; ticks for a width in pixels. */
  readonly across: (width: number) => Ticks;
  /** What lies upwards, for at most so many ticks. */
  readonly upwards: (most: number) => Ticks;
  /** There is no grid for what lies across: bars stand there. */
  readonly plain?: boolean;
  /** Room at the right, for names of lines. */
  readonly right?: number;
}

export interface Axes {
  readonly field: Field;
  readonly of: AxesOf;
  readonly x: Ticks;
  readonly y: Ticks;
}

/** Ticks of numbers, times, or of times counted from a first one. */
export function horizontal(scale: Scale, zone: string | null, whole: boolean, origin: number | null): (width: number) => Ticks {
  return (width) => {
    if (scale.log) return logTicks(scale.low, scale.high, Math.max(3, Math.floor(width / 60)));
    if (origin !== null) return durationTicks(scale.low, scale.high, origin, width);
    return across(scale.low, scale.high, width, { whole, zone });
  };
}

export function vertical(scale: Scale): (most: number) => Ticks {
  return (most) => (scale.log ? logTicks : numberTicks)(scale.low, scale.high, most);
}

export function axes(pen: Pen, width: number, height: number, x: Scale, y: Scale, theme: Theme, of: AxesOf): Axes {
  pen.font = `${SIZE}px ${theme.face}`;
  const yTicks = of.upwards(Math.max(2, Math.floor((height - BELOW - ROW) / MARK_HEIGHT)));
  const widest = Math.max(0, ...yTicks.labels.map((label) => pen.measureText(label).width));
  const left = Math.min(Math.ceil(widest), SIDE * width) + GAP + (of.yLabel === "" ? 0 : ROW + APART);
  const right = Math.max(MARGIN, of.right ?? 0);
  const top = yTicks.base === "" ? SIZE : ROW + SIZE / 2;
  let xTicks = of.across(Math.max(40, width - left - right));
  const inset = (which: 0 | -1) => overhang(pen, xTicks, x, which);
  const [begin, end] = [Math.max(left, inset(0)), Math.max(right, inset(-1))];
  const inner = Math.max(40, width - begin - end);
  xTicks = of.across(inner);
  const bottom = BELOW + (of.xLabel === "" && xTicks.base === "" ? 0 : ROW);
  return { field: new Field(begin, top, inner, Math.max(20, height - top - bottom), x, y), of, x: xTicks, y: yTicks };
}

/** How far the first or last tick of the x axis may stand out, when it is near the end of the axis. */
function overhang(pen: Pen, ticks: Ticks, x: Scale, which: 0 | -1): number {
  const position = ticks.positions.at(which);
  if (position === undefined) return 0;
  const share = x.share(position);
  const distance = which === 0 ? share : 1 - share;
  return distance < 0.1 ? Math.ceil(pen.measureText(ticks.labels.at(which) ?? "").width / 2) : 0;
}

export function drawAxes(pen: Pen, { field, of, x, y }: Axes, theme: Theme): void {
  const { left, top, width, height } = field;
  pen.save();
  pen.font = `${SIZE}px ${theme.face}`;
  pen.fillStyle = theme.faint;
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  y.positions.forEach((position, index) => {
    const at = snapped(field.upwards(position));
    pen.moveTo(left, at);
    pen.lineTo(left + width, at);
    pen.fillText(y.labels[index] ?? "", left - GAP, at);
  });
  pen.textAlign = "center";
  x.positions.forEach((position, index) => {
    const at = snapped(field.across(position));
    if (!of.plain) {
      pen.moveTo(at, top);
      pen.lineTo(at, top + height);
    }
    pen.fillText(x.labels[index] ?? "", at, top + height + BELOW / 2 + 2);
  });
  pen.stroke();
  const below = top + height + BELOW + ROW / 2 - 2;
  pen.fillText(fitted(pen, of.xLabel, width - 2 * pen.measureText(x.base).width), left + width / 2, below);
  pen.textAlign = "right";
  pen.fillText(x.base, left + width, below);
  pen.textAlign = "left";
  pen.fillText(y.base, ROW / 2, ROW / 2);
  pen.textAlign = "center";
  pen.translate(ROW / 2, top + height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(fitted(pen, of.yLabel, height + BELOW), 0, 0);
  pen.restore();
}

/** As much of a text as there is room for. */
export function fitted(pen: Pick<Pen, "measureText">, text: string, width: number): string {
  const known = text.slice(0, 300); // a name may have a million characters
  if (known.length === text.length && pen.measureText(text).width <= width) return text;
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${known.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${known.slice(0, low)}…`;
}

/** In the middle of a pixel, so that a line of one pixel is one. */
function snapped(position: number): number {
  return Math.floor(position) + 0.5;
}
