/**
 * Numbers, durations, ages, times and sizes as livedeck writes them: the same rules as `livedeck/deck/numerals.py`. Both run
 * the cases of `tests/fixtures/written_cases.json`.
 */
import { near, type Exact } from "./digits";

/** A number with at most so many digits is written in full: somebody has chosen them. */
const EXACT_DIGITS = 12;
const DIGITS = 6;
const DECIMALS = 2;
const TINY = -4;
const HUGE = 15;
const ENDLESS = 21;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
/** The years 1 to 9999, in seconds since 1970. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_800;

/** A finite number as its significant digits, without zeros at the end, and the exponent of the first. */
export interface Digits {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** The shortest digits that are this number and no other; of one that came as digits, all of them. */
export function digitsOf(value: Exact): Digits {
  if (typeof value === "string") {
    const [whole = "", fraction = ""] = value.replace("-", "").split(".");
    const all = whole + fraction;
    const first = all.search(/[1-9]/);
    return { negative: value.startsWith("-"), digits: stripZeros(all.slice(Math.max(0, first))), exponent: whole.length - 1 - Math.max(0, first) };
  }
  const [mantissa = "0", exponent = "0"] = Math.abs(value).toExponential().split("e");
  return { negative: value < 0, digits: stripZeros(mantissa.replace(".", "")), exponent: Number(exponent) };
}

/**
 * A number with no more digits than it needs, and never as a number that it is not. Whole numbers are written in
 * full, and so is what has at most twelve digits; of the rest six digits are shown, two decimals at least, and more
 * where fewer would make a whole number of it. `resolution` is a difference that must be visible.
 */
export function formatNumber(value: Exact, resolution = 0): string {
  const float = near(value);
  if (!Number.isFinite(float)) return String(float);
  if (float === 0) return "0";
  const shown = rounded(digitsOf(value), resolution);
  const { length } = shown.digits;
  const { exponent } = shown;
  const whole = length <= exponent + 1;
  if (exponent < TINY || exponent >= ENDLESS || (whole && exponent >= HUGE && length <= DIGITS)) return exponential(shown);
  return plain(shown);
}

/** Mantissa and exponent, with all digits: `-1.5e-7`. */
export function exponential({ negative, digits, exponent }: Digits): string {
  const mantissa = digits.length > 1 ? `${digits.charAt(0)}.${digits.slice(1)}` : digits;
  return `${negative ? "-" : ""}${mantissa}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

/** All digits without an exponent: `1,234.5`; `decimals` at least. */
export function plain({ negative, digits, exponent }: Digits, decimals = 0): string {
  const padded = exponent < 0 ? "0".repeat(-exponent) + digits : digits.padEnd(exponent + 1, "0");
  const point = Math.max(0, exponent) + 1;
  const fraction = padded.slice(point).padEnd(decimals, "0");
  return `${negative ? "-" : ""}${grouped(padded.slice(0, point))}${fraction === "" ? "" : `.${fraction}`}`;
}

export function formatValue(value: number | string | boolean | null, resolution = 0): string {
  if (value === null) return "–";
  return typeof value === "number" ? formatNumber(value, resolution) : String(value);
}

/**
 * A number where there is little room: three digits, and one behind the point at least, so that it is seen to have been
 * rounded: 0.9996 is "1.000", and 1234.56 is "1,234.6".
 */
export function formatBriefly(value: Exact): string {
  if (typeof value === "string" || !Number.isFinite(value) || Number.isInteger(value)) return formatNumber(value);
  const exact = digitsOf(value);
  const decimals = Math.max(1, 2 - exact.exponent);
  const keep = exact.exponent + 1 + decimals;
  if (exact.digits.length <= keep) return formatNumber(value);
  const shown = round(exact, keep);
  return shown.digits.length <= shown.exponent + 1 ? plain(shown, decimals) : formatNumber(numberOf(shown));
}

/** A part of a whole in per cent, to a tenth, rounded towards nothing: what is not all is not "100 %". */
export function formatShare(share: number): string {
  if (!Number.isFinite(share) || share === 0) return `${formatNumber(share)} %`;
  const { negative, digits, exponent } = digitsOf(share);
  const kept = stripZeros(digits.slice(0, Math.max(0, exponent + 4)));
  return `${kept === "" ? "0" : formatNumber(numberOf({ negative, digits: kept, exponent: exponent + 2 }))} %`;
}

/** A change, without its sign: an arrow beside it says which way. */
export function formatDelta(delta: number): string {
  return formatNumber(Math.abs(delta));
}

/** "8 ms", "0.4 s", "12 s", "3 min 4 s", "2 h 5 min", "3 d 4 h". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds < 0.0995) return seconds === 0 ? "0 s" : `${fixed(seconds * 1000, seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 9.95) return `${fixed(seconds, 1)} s`;
  const whole = Math.max(10, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${grouped(String(Math.floor(hours / 24)))} d ${hours % 24} h`;
}

/** How long ago something was: "0.3 s ago", "12 s ago", "5 min ago", "2 h ago", "3 d ago". A negative age is taken for 0. */
export function formatAge(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 9.95) return `${fixed(Math.max(0, seconds), 1)} s ago`;
  const whole = Math.max(10, Math.floor(seconds));
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ago`;
  return `${grouped(String(Math.floor(whole / 86_400)))} d ago`;
}

/** A number of bytes: "512 bytes", "3.42 KiB", "64 MiB". */
export function formatSize(bytes: number): string {
  let count = bytes;
  let unit = "bytes";
  for (const larger of ["KiB", "MiB", "GiB", "TiB"]) {
    if (count < (unit === "bytes" ? 1024 : 999.5)) break; // what would round to a thousand is a part of the next unit
    count /= 1024;
    unit = larger;
  }
  const text = fixed(count, unit === "bytes" || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2);
  if (bytes === 1) return "1 byte";
  return `${text.includes(".") ? text.replace(/\.?0+$/, "") : text} ${unit}`;
}

/**
 * A moment, to the microsecond, in digits to the nanosecond: "1 May 2024, 12:05:30 UTC"; a day alone where it is midnight and
 * no zone is given.
 */
export function formatMoment(seconds: Exact, zone = ""): string {
  const { whole, fraction } = split(seconds);
  const moment = momentOf(whole);
  if (moment === null) return formatNumber(seconds);
  const day = formatDay(moment);
  if (zone === "" && whole % 86_400 === 0 && fraction === "") return day;
  return `${day}, ${moment.toISOString().slice(-13, -5)}${fraction}${zone && ` ${zone}`}`;
}

/** A moment as in RFC 3339: "2024-05-01T12:05:30Z"; without a "Z" where it has no zone. */
export function isoMoment(seconds: Exact, zone = ""): string {
  const { whole, fraction } = split(seconds);
  const moment = momentOf(whole);
  return moment === null ? String(seconds) : `${moment.toISOString().slice(0, -5)}${fraction}${zone && "Z"}`;
}

/** The whole seconds, rounded down, and what is written behind them. */
function split(seconds: Exact): { readonly whole: number; readonly fraction: string } {
  const written = (digits: string) => `.${digits}`.replace(/\.?0*$/, "");
  if (typeof seconds === "string") {
    const [first = "", digits = ""] = seconds.split(".");
    if (!seconds.startsWith("-") || !/[1-9]/.test(digits)) return { whole: Number(first), fraction: written(digits) };
    const rest = 10n ** BigInt(digits.length) - BigInt(digits);
    return { whole: Number(first) - 1, fraction: written(String(rest).padStart(digits.length, "0")) };
  }
  const whole = Math.floor(seconds);
  const micros = Math.floor((seconds - whole) * 1_000_000 + 0.5);
  return micros === 1_000_000 ? { whole: whole + 1, fraction: "" } : { whole, fraction: written(String(micros).padStart(6, "0")) };
}

/** "1 May 2024", or "1 May"; read in UTC. */
export function formatDay(moment: Date, year = true): string {
  return `${moment.getUTCDate()} ${monthName(moment.getUTCMonth())}${year ? ` ${moment.getUTCFullYear()}` : ""}`;
}

/** "May" for 4, as `Date` counts. */
export function monthName(month: number): string {
  return MONTHS[month] ?? "";
}

/** The date and time of a number of seconds since 1970, to be read in UTC; null outside of the years 1 to 9999. */
export function momentOf(seconds: number): Date | null {
  const whole = Math.floor(seconds);
  return whole >= FIRST_SECOND && whole < LAST_SECOND ? new Date(whole * 1000) : null;
}

/** As many digits of a number as are shown. */
function rounded(exact: Digits, resolution: number): Digits {
  const { length } = exact.digits;
  const integers = exact.exponent + 1;
  const endless = integers > ENDLESS;
  if (length <= EXACT_DIGITS || (length <= integers && !endless)) return exact;
  let keep = Math.max(DIGITS, integers > 0 && !endless ? integers + DECIMALS : 0);
  if (resolution > 0 && Number.isFinite(resolution)) keep = Math.max(keep, integers - digitsOf(resolution).exponent + 1);
  for (; keep < length; keep++) {
    const shown = round(exact, keep);
    // It has a fraction, as the number itself, or an exponent so large that nobody takes it for exact.
    if (shown.digits.length > shown.exponent + 1 || endless) return shown;
  }
  return exact;
}

/** Half away from zero. */
function round({ negative, digits, exponent }: Digits, keep: number): Digits {
  const head = digits.slice(0, keep);
  if (digits.charAt(keep) < "5") return { negative, digits: stripZeros(head), exponent };
  const up = String(BigInt(head) + 1n);
  return { negative, digits: stripZeros(up), exponent: exponent + (up.length - head.length) };
}

function numberOf({ negative, digits, exponent }: Digits): number {
  return Number(`${negative ? "-" : ""}${digits}e${exponent + 1 - digits.length}`);
}

function stripZeros(digits: string): string {
  return digits.replace(/(?<=.)0+$/, "");
}

function grouped(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Rounded half away from zero by the shortest form of the number, as a reader of it would. */
function fixed(value: number, decimals: number): string {
  const exact = digitsOf(value);
  const keep = exact.exponent + 1 + decimals;
  if (value === 0 || keep < 0) return zero(decimals);
  if (keep >= exact.digits.length) return plain(exact, decimals);
  if (keep === 0) return exact.digits >= "5" ? plain({ negative: false, digits: "1", exponent: -decimals }, decimals) : zero(decimals);
  return plain(round(exact, keep), decimals);
}

function zero(decimals: number): string {
  return decimals === 0 ? "0" : `0.${"0".repeat(decimals)}`;
}
