/** What changes with time by itself: written to the page as it is, since nothing has to be rendered for it. */
import { createContext, use, useLayoutEffect, useRef, type RefObject } from "react";
import { ServerClock } from "../core/serverClock";
import { tick } from "../core/ticker";

/** The clock by which the times around it were noted: the server's, where a session knows it; else the viewer's. */
export const ClockContext = createContext(new ServerClock());

/**
 * Do something to an element after each rendering, and again every `every` milliseconds; null: not again.
 *
 * @param update gets the element and the time in milliseconds by the clock around it.
 */
export function useClock<E extends HTMLElement>(every: number | null, update: (element: E, now: number) => void): RefObject<E | null> {
  const clock = use(ClockContext);
  const element = useRef<E>(null);
  const now = useRef<(() => void) | null>(null);
  useLayoutEffect(() => {
    now.current = () => {
      if (element.current) update(element.current, clock.now());
    };
    now.current();
  });
  useLayoutEffect(() => (every === null ? undefined : tick(every, () => now.current?.())), [every]);
  return element;
}

/** The element whose text this is. */
export function useClockText<E extends HTMLElement>(every: number | null, text: (now: number) => string): RefObject<E | null> {
  return useClock<E>(every, (element, now) => {
    const words = text(now);
    if (element.textContent !== words) element.textContent = words;
  });
}
