import { createContext, use, useEffect, useState } from "react";
import { ServerClock } from "../core/serverClock";

/** The clock by which the times around it were noted: the server's, where a session knows it; else the viewer's. */
export const ClockContext = createContext(new ServerClock());

/** The time in milliseconds by that clock, read again every `every` milliseconds; null stops it. */
export function useNow(every: number | null): number {
  const clock = use(ClockContext);
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => {
    if (every === null) return undefined;
    const timer = setInterval(() => setNow(clock.now()), every);
    return () => clearInterval(timer);
  }, [clock, every]);
  return now;
}
