/** Times that keep themselves true on screen. */
import { useClockText } from "../bindings/clock";
import { formatAge, formatDuration, formatFullTime, formatTime } from "../core/durations";

/** From a start to an end, or to now while there is none (milliseconds since the epoch). */
export function Duration({ from, to }: { readonly from: number | null; readonly to: number | null }) {
  const running = from !== null && to === null;
  const element = useClockText<HTMLSpanElement>(running ? 100 : null, (now) =>
    from === null ? "–" : formatDuration(Math.max(0, (to ?? now) - from) / 1000),
  );
  return <span ref={element} className="number" />;
}

export function Age({ secondsSince }: { readonly secondsSince: () => number | null }) {
  const element = useClockText<HTMLSpanElement>(100, () => {
    const seconds = secondsSince();
    return seconds === null ? "never" : formatAge(seconds);
  });
  return <span ref={element} className="number" />;
}

/** How long ago; the full time is in the tooltip. */
export function When({ time }: { readonly time: string | undefined }) {
  const element = useClockText<HTMLTimeElement>(time ? 10_000 : null, (now) => formatTime(time ?? "", now));
  if (!time) return <span>–</span>;
  return <time ref={element} dateTime={time} title={formatFullTime(time)} className="number" />;
}
