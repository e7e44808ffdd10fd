/**
 * The axes of a chart: the range each shows, and the ticks on it; the same rules as `livedeck/deck/axis.py`. Both run
 * the cases of `tests/fixtures/axis_cases.json`.
 *
 * Ticks are counted in integers and written from them, so that there are never more than asked for, no two are
 * written alike, and none is written as a number that it is not, whatever range the data has.
 */
import { exponential, formatDay, momentOf, monthName, plain, type Digits } from "../core/numerals";

/** About how wide a digit of a tick is in the axes' 11 px face, in pixels; ticks stand at least GAP apart besides. */
export const CHARACTER = 6.2;
const ROOM = 10;
const GAP = 14;
const LARGEST = Number.MAX_VALUE;
const SMALLEST = 1e-300;
const FLAT = 256;
const COMPACT = 6;
const UNITS = [
  [12, "T"],
  [9, "B"],
  [6, "M"],
  [3, "K"],
] as const;
const DAY = 86_400;
const WEEK = 7 * DAY;
const SPANS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY, WEEK, 2 * WEEK,
];
const MONDAY = 4 * DAY; // 1970-01-05
const MONTHS = [1, 2, 3, 6, ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].map((years) => 12 * years)];
const MONTH = 30.6 * DAY;

export type Range = [low: number, high: number];

export interface Ticks {
  /** Where they are, as values of the data, ascending. */
  readonly positions: readonly number[];
  /** What is written at each. */
  readonly labels: readonly string[];
  /** What is said once for all of them: the number that they are counted from, or day and time zone. */
  readonly base: string;
}

/** Ticks as multiples of a power of ten, which holds them exactly. */
interface Whole {
  readonly counts: readonly bigint[];
  readonly power: number;
}

/** The range that shows values from `low` to `high` and no more; around a single value, so much. */
export function plainRange(low: number, high: number, around = 1): Range {
  return low === high ? widened(low - around, high + around, 4) : widened(low, high, 4);
}

/** A tenth of room above and below, but none below zero for what is not negative; a flat line is in the middle. */
export function roomyRange(lowest: number, highest: number): Range {
  const [low, high] = widened(lowest, highest, FLAT);
  const room = high / 10 - low / 10;
  const least = low >= 0 && low - room < 0 ? 0 : Math.max(low - room, -LARGEST);
  return [least, high <= 0 && high + room > 0 ? 0 : Math.min(high + room, LARGEST)];
}

/** A little room above and below, in ratios; `low` is positive. */
export function logRange(low: number, high: number): Range {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const room = Math.max(0.04, (last - first) * 0.04);
  const least = Math.max(10 ** (first - room), Number.MIN_VALUE);
  const most = last + room < 308.2 ? 10 ** (last + room) : LARGEST;
  return [least, Math.min(Math.max(most, least * 2), LARGEST)];
}

/** At most about `most` round numbers from `low` to `high`, at least `least` apart. */
export function numberTicks(low: number, high: number, most: number, least = 0): Ticks {
  const { counts, power } = multiples(low, high, most, least);
  return { positions: counts.map((count) => valueOf(count, power)), ...labelled({ counts, power }, ROOM) };
}

/** Powers of ten, with 2 and 5 between them while there are few; round numbers where there is no power of ten. */
export function logTicks(low: number, high: number, most: number): Ticks {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const powers = last - first + 1;
  if (powers < 1) return numberTicks(low, high, most);
  const stride = Math.max(1, Math.ceil(powers / most));
  const factors = powers * 3 <= most + 2 ? [1n, 2n, 5n] : [1n];
  const positions: number[] = [];
  const labels: string[] = [];
  for (let power = first - (factors.length > 1 ? 1 : 0); power <= last; power++) {
    if (power % stride !== 0) continue;
    for (const factor of factors) {
      const position = valueOf(factor, power);
      if (position < low || position > high) continue;
      positions.push(position);
      labels.push(...short([factor], power));
    }
  }
  return { positions, labels, base: "" };
}

/** Round times; values are seconds since 1970, as the clock of the zone shows them. */
export function timeTicks(low: number, high: number, most: number, zone: string): Ticks {
  const rough = high / most - low / most;
  const [first, last] = [momentOf(low), momentOf(high)];
  if (first === null || last === null) return numberTicks(low, high, most);
  if (rough > 2 * WEEK) return calendarTicks(low, high, rough, zone);
  if (rough < 0.5) {
    const { counts, power } = multiples(low, high, most);
    const positions = counts.map((count) => valueOf(count, power));
    return { positions, labels: counts.map((count) => clock(count, power)), base: said(first, last, zone, 1) };
  }
  const span = SPANS.find((each) => each >= rough) ?? 2 * WEEK;
  const shift = span >= WEEK ? MONDAY : 0;
  const positions: number[] = [];
  for (let count = Math.ceil((low - shift) / span); count * span + shift <= high; count++) positions.push(count * span + shift);
  return { positions, labels: positions.map((position) => timeLabel(position, span)), base: said(first, last, zone, span) };
}

/** What lies on a horizontal axis. */
export interface Across {
  /** There is nothing between whole numbers (steps, epochs). */
  readonly whole?: boolean;
  /** For an axis of times, what is said of their time zone; null for one of numbers. */
  readonly zone: string | null;
}

/** The ticks of a horizontal axis: as many as can be read beside each other on so many pixels. */
export function across(low: number, high: number, width: number, { whole = false, zone }: Across): Ticks {
  let ticks: Ticks = { positions: [], labels: [], base: "" };
  for (const most of [8, 6, 5, 4, 3]) {
    ticks = zone === null ? numberTicks(low, high, most, whole ? 1 : 0) : timeTicks(low, high, most, zone);
    if (fits(ticks, low, high, width)) return ticks;
  }
  return { positions: ticks.positions.slice(0, 1), labels: ticks.labels.slice(0, 1), base: ticks.base };
}

/** Durations: times counted from a first one, where values are seconds. */
export function durationTicks(low: number, high: number, origin: number, width: number): Ticks {
  const [first, last] = [low - origin, high - origin];
  for (const most of [8, 6, 5, 4, 3]) {
    const rough = (last - first) / most;
    let ticks: Ticks;
    if (rough < 0.5 || rough > 2 * WEEK) {
      const unit = rough < 0.5 ? 1 : DAY;
      const numbers = numberTicks(first / unit, last / unit, most);
      const labels = numbers.labels.map((label) => `${label} ${unit === 1 ? "s" : "d"}`);
      ticks = { positions: numbers.positions.map((position) => position * unit + origin), labels, base: numbers.base };
    } else {
      const span = SPANS.find((each) => each >= rough) ?? 2 * WEEK;
      const positions: number[] = [];
      for (let count = Math.ceil(first / span); count * span <= last; count++) positions.push(count * span);
      ticks = { positions: positions.map((position) => position + origin), labels: positions.map(durationLabel), base: "" };
    }
    if (fits(ticks, low, high, width)) return ticks;
  }
  return { positions: [], labels: [], base: "" };
}

/** "1 d 4 h": the units that it is not nothing of. */
function durationLabel(seconds: number): string {
  if (seconds < 0) return `-${durationLabel(-seconds)}`;
  const parts = [
    [Math.floor(seconds / DAY), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const words = parts.flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : []));
  return words.join(" ") || "0";
}

function fits({ positions, labels }: Ticks, low: number, high: number, width: number): boolean {
  const span = high / 2 - low / 2;
  const at = positions.map((position) => ((position / 2 - low / 2) / span) * width);
  return labels.every((label, index) => {
    if (index === 0) return true;
    const widths = ((label.length + (labels[index - 1]?.length ?? 0)) * CHARACTER) / 2;
    return (at[index] ?? 0) - (at[index - 1] ?? 0) >= widths + GAP;
  });
}

/** A range that numbers can be told apart in. */
function widened(lowest: number, highest: number, least: number): Range {
  const [low, high] = [Math.max(lowest, -LARGEST), Math.min(highest, LARGEST)];
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const smallest = Math.max(ulp(largest) * least, SMALLEST);
  if (low !== high && high / 2 - low / 2 >= smallest / 2) return [low, high];
  const room = low === high ? largest * 0.1 || 1 : smallest;
  return [Math.max(low - room, -LARGEST), Math.min(high + room, LARGEST)];
}

const BITS = new DataView(new ArrayBuffer(8));

/** The distance from a number, which is not negative, to the next. */
function ulp(value: number): number {
  if (value >= LARGEST) return 2 ** 971;
  BITS.setFloat64(0, value);
  BITS.setBigUint64(0, BITS.getBigUint64(0) + 1n);
  return BITS.getFloat64(0) - value;
}

/** The multiples within a range of a step that is 1, 2 or 5 times a power of ten. */
function multiples(low: number, high: number, most: number, least = 0): Whole {
  const rough = Math.max(high / most - low / most, ulp(Math.max(Math.abs(low), Math.abs(high))), least, SMALLEST);
  const [mantissa, exponent] = rough.toExponential(15).split("e").map(Number) as [number, number];
  const found = [1, 2, 5].find((each) => mantissa <= each * (1 + 1e-9));
  const factor = BigInt(found ?? 1);
  let power = found === undefined ? exponent + 1 : exponent;
  const first = BigInt(Math.floor(low / valueOf(factor, power)) - 1);
  const all = Array.from({ length: most + 5 }, (_, index) => (first + BigInt(index)) * factor);
  let counts = all.filter((count) => valueOf(count, power) >= low && valueOf(count, power) <= high);
  while (counts.some((count) => count !== 0n) && counts.every((count) => count % 10n === 0n)) {
    counts = counts.map((count) => count / 10n);
    power++;
  }
  return { counts, power };
}

/** What is written at the ticks, and the number that they are counted from where that is shorter. */
function labelled({ counts, power }: Whole, room: number): { labels: string[]; base: string } {
  const labels = short(counts, power);
  if (labels.every(({ length }) => length <= room)) return { labels, base: "" };
  let base = baseOf(counts);
  if (base === 0n) return { labels, base: "" };
  const distances = counts.map((count) => count - base);
  let away = short(distances, power);
  if (away.some(({ length }) => length >= room)) away = distances.map((count) => scientific(count, power));
  const signed = away.map((label) => (label.startsWith("-") ? label : `+${label}`));
  let magnitude = power;
  for (; base % 10n === 0n; magnitude++) base /= 10n;
  return { labels: signed, base: short([base], magnitude, false)[0] ?? "" };
}

/** The roundest number near the ticks, towards zero; 0 when zero is near. */
function baseOf(counts: readonly bigint[]): bigint {
  const [start, end] = [counts[0] ?? 0n, counts.at(-1) ?? 0n];
  if (start < 0n) return end < 0n ? -baseOf(counts.map((count) => -count).reverse()) : 0n;
  const reach = end > start ? end - start : 1n;
  const first = start - 3n * reach;
  if (first <= 0n) return 0n;
  let step = 1n;
  while ((end / (step * 10n)) * step * 10n >= first) step *= 10n;
  return (end / step) * step;
}

/** The numbers, all in one notation: in full, in thousands, or with exponents. */
function short(counts: readonly bigint[], power: number, letters = true): string[] {
  const largest = counts.reduce((most, count) => (magnitude(count) > most ? magnitude(count) : most), 0n);
  const top = String(largest).length - 1 + power;
  if (largest > 0n && (top >= 21 || top < -4 || (letters && top >= 15))) return counts.map((count) => scientific(count, power));
  const unit = letters ? UNITS.find(([exponent]) => top >= 4 && exponent <= top) : undefined;
  if (unit) {
    const compact = counts.map((count) => (count === 0n ? "0" : `${full(count, power - unit[0])}${unit[1]}`));
    if (compact.every(({ length }) => length <= COMPACT)) return compact;
  }
  return counts.map((count) => full(count, power));
}

function full(count: bigint, power: number): string {
  return count === 0n ? "0" : plain(digits(count, power), Math.max(0, -power));
}

function scientific(count: bigint, power: number): string {
  return count === 0n ? "0" : exponential(digits(count, power));
}

function digits(count: bigint, power: number): Digits {
  const all = String(magnitude(count));
  return { negative: count < 0n, digits: all.replace(/(?<=.)0+$/, ""), exponent: all.length - 1 + power };
}

function magnitude(count: bigint): bigint {
  return count < 0n ? -count : count;
}

/** The number nearest to it that there is. */
function valueOf(count: bigint, power: number): number {
  return Number(`${count}e${power}`);
}

/** The first days of months or years. */
function calendarTicks(low: number, high: number, rough: number, zone: string): Ticks {
  const step = MONTHS.find((months) => months * MONTH >= rough) ?? 24_000;
  const begin = moment(low);
  const positions: number[] = [];
  const labels: string[] = [];
  let named = step >= 12;
  let count = Math.floor((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / step) * step;
  for (; count < 9999 * 12; count += step) {
    const [year, month] = [Math.floor(count / 12), count % 12];
    const position = new Date(0).setUTCFullYear(year, month, 1) / 1000;
    if (position > high) break;
    if (position < low || year < 1) continue;
    positions.push(position);
    labels.push(step >= 12 || month === 0 ? String(year) : monthName(month));
    named ||= month === 0;
  }
  return { positions, labels, base: [named ? "" : String(begin.getUTCFullYear()), zone].filter(Boolean).join(" ") };
}

function timeLabel(position: number, span: number): string {
  if (span >= DAY || position % DAY === 0) return formatDay(moment(position), false);
  return span < 60 ? timeOfDay(position) : timeOfDay(position).slice(0, 5);
}

/** The time of day of so many parts of a second. */
function clock(count: bigint, power: number): string {
  if (power >= 0) return timeOfDay(Number(count * 10n ** BigInt(power)));
  const parts = 10n ** BigInt(-power);
  const rest = ((count % parts) + parts) % parts;
  return `${timeOfDay(Number((count - rest) / parts))}.${String(rest).padStart(-power, "0")}`;
}

function timeOfDay(seconds: number): string {
  return moment(seconds).toISOString().slice(-13, -5);
}

/** The day, or the years where the ticks are days, and the time zone. */
function said(first: Date, last: Date, zone: string, span: number): string {
  const years = [first.getUTCFullYear(), last.getUTCFullYear()];
  const day = span < DAY ? formatDay(first) : [...new Set(years)].join(" to ");
  return zone === "" ? day : `${day} ${zone}`;
}

function moment(seconds: number): Date {
  const found = momentOf(seconds);
  if (found === null) throw new RangeError(`${seconds} is outside of the years 1 to 9999`);
  return found;
}
