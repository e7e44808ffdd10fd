/** The time axis of a timeline, as its parts share it. */
import type { RefObject } from "react";
import { useClock } from "../../bindings/clock";

/** In milliseconds since the epoch. */
export interface Scale {
  /** Of the execution. */
  readonly began: number;
  readonly start: number;
  /** Null: now, while the execution runs. */
  readonly end: number | null;
}

/** Milliseconds after which the axis of an execution that runs is a little longer. */
const GROWS_EVERY = 250;
/** Seconds of an axis that has only begun. */
const SHORTEST = 1;

export function secondsOf({ began, start, end }: Scale, now: number): number {
  const seconds = ((end ?? now) - start) / 1000;
  return start === began ? Math.max(SHORTEST, seconds) : seconds;
}

/**
 * An element that is placed by the axis, with all in it. The style sheet reckons where from the seconds of the axis alone:
 * one that grows renders nothing. Each bar has them for itself, since all that is in an element with other ones is styled anew.
 */
export function useSpan<E extends HTMLElement>(scale: Scale, also?: (now: number) => void): RefObject<E | null> {
  return useClock<E>(scale.end === null ? GROWS_EVERY : null, (element, now) => {
    element.style.setProperty("--span", String(secondsOf(scale, now)));
    also?.(now);
  });
}
