/**
 * Times, ages and durations in words. A Deck's times are what its task says they are, and a page that raises while it
 * renders goes blank: so whatever comes in, words come out.
 */

export { formatDuration } from "./numerals";

/** An age that ticks: tenths below ten seconds, then coarser. */
export function formatAge(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s ago`;
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Seconds of a protobuf duration in JSON ("1.5s"). */
export function parseDuration(text: string | undefined): number | null {
  const seconds = text === undefined ? NaN : Number.parseFloat(text);
  return Number.isNaN(seconds) ? null : seconds;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" });

/** A moment, in the viewer's time zone: the clock alone for today's. What is no time is left as it is. */
export function formatTime(time: string, now: number = Date.now()): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const clock = CLOCK.format(date);
  return date.toDateString() === new Date(now).toDateString() ? clock : `${DAY.format(date)}, ${clock}`;
}

export function formatFullTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : FULL.format(date);
}
