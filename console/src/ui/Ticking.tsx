/** Times that keep themselves true on screen. */
import { useNow } from "../bindings/useNow";
import { formatAge, formatDuration, formatFullTime, formatTime } from "../core/durations";

/** From a start to an end, or to now while there is none (milliseconds since the epoch). */
export function Duration({ from, to }: { readonly from: number | null; readonly to: number | null }) {
  const running = from !== null && to === null;
  const now = useNow(running ? 100 : null);
  if (from === null) return <span className="number">–</span>;
  return <span className="number">{formatDuration(Math.max(0, (to ?? now) - from) / 1000)}</span>;
}

export function Age({ secondsSince }: { readonly secondsSince: () => number | null }) {
  useNow(100);
  const seconds = secondsSince();
  return <span className="number">{seconds === null ? "never" : formatAge(seconds)}</span>;
}

/** How long ago; the full time is in the tooltip. */
export function When({ time }: { readonly time: string | undefined }) {
  const now = useNow(10_000);
  if (!time) return <span>–</span>;
  return (
    <time dateTime={time} title={formatFullTime(time)} className="number">
      {formatTime(time, now)}
    </time>
  );
}
