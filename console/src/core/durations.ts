/**
 * Times, ages and durations in words. A Deck's times are what its task says they are, and a page that raises while it
 * renders goes blank: so whatever comes in, words come out.
 */

import { formatDay, formatMoment, momentOf } from "./numerals";

export { formatAge, formatDuration } from "./numerals";

/** Seconds of a protobuf duration in JSON ("1.5s"). */
export function parseDuration(text: string | undefined): number | null {
  const seconds = text === undefined ? NaN : Number.parseFloat(text);
  return Number.isNaN(seconds) ? null : seconds;
}

/** A moment, in the viewer's time zone: the clock alone for today's. What is no time is left as it is. */
export function formatTime(time: string, now: number = Date.now()): string {
  const moment = localMoment(Date.parse(time));
  if (moment === null) return time;
  const clock = moment.toISOString().slice(-13, -5);
  const today = localMoment(now);
  if (today && formatDay(moment) === formatDay(today)) return clock;
  return `${formatDay(moment, moment.getUTCFullYear() !== today?.getUTCFullYear())}, ${clock}`;
}

/** A moment in the viewer's time zone, with its day and its zone, to the second. */
export function formatFullTime(time: string): string {
  return formatExactTime(time, 1000);
}

/** The same, to as many milliseconds. */
export function formatExactTime(time: string, resolution = 1): string {
  const millis = Math.floor(Date.parse(time) / resolution) * resolution;
  const moment = localMoment(millis);
  return moment === null ? time : formatMoment(moment.getTime() / 1000, zoneOf(millis));
}

/** The clock of a moment in the viewer's time zone, to the millisecond: `12:05:30.123`. Nothing for what is no time. */
export function formatClock(millis: number): string {
  return localMoment(millis)?.toISOString().slice(-13, -1) ?? "";
}

/** The day of a moment in the viewer's time zone, and that zone: `1 May 2024, GMT+1`. Nothing for what is no time. */
export function formatZonedDay(millis: number): string {
  const moment = localMoment(millis);
  return moment === null ? "" : `${formatDay(moment)}, ${zoneOf(millis)}`;
}

/** A moment whose clock in UTC is the viewer's; null for what is no time. */
function localMoment(millis: number): Date | null {
  if (Number.isNaN(millis)) return null;
  return momentOf(millis / 1000) && new Date(millis - new Date(millis).getTimezoneOffset() * 60_000);
}

const ZONE = new Intl.DateTimeFormat("en", { timeZoneName: "short" });

/** What the viewer's time zone is called then: `UTC`, `GMT+1`. */
function zoneOf(millis: number): string {
  return ZONE.formatToParts(millis).find(({ type }) => type === "timeZoneName")?.value ?? "";
}
