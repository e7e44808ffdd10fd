import { use, useRef, useState, type CSSProperties, type PointerEvent } from "react";
import { ClockContext } from "../../bindings/clock";
import { tickLabel, ticksOf, zoomed, type TimeRange } from "../../core/timeScale";
import { IconButton } from "../../ui/Button";
import { secondsOf, useSpan, type Scale } from "./timelineScale";

interface TimelineAxisProps {
  readonly scale: Scale;
  /** Of the whole execution. */
  readonly whole: Scale;
  /** What is seen of it; null: all. */
  readonly range: TimeRange | null;
  readonly onRange: (range: TimeRange | null) => void;
}

/** Pixels that a pointer has to be drawn over the axis to choose a part of it. */
const LEAST_DRAG = 5;

/** The marks of the time. What is drawn over with the pointer is looked at closely, as it is with the buttons. */
export function TimelineAxis({ scale, whole, range, onRange }: TimelineAxisProps) {
  const clock = use(ClockContext);
  const [ticks, setTicks] = useState<readonly number[]>([]);
  const first = (scale.start - scale.began) / 1000;
  const axis = useSpan<HTMLDivElement>(scale, (now) => {
    const next = ticksOf(secondsOf(scale, now), first);
    setTicks((before) => (before.length === next.length && before.every((tick, at) => tick === next[at]) ? before : next));
  });
  const zoom = (factor: number) => {
    const all = secondsOf(whole, clock.now());
    const seen = range ?? { from: 0, to: all };
    onRange(zoomed(seen, factor, (seen.from + seen.to) / 2, all));
  };
  return (
    <div className="timeline-head">
      <div ref={axis} className="timeline-axis" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} className={tick === first ? "timeline-axis-first" : undefined} style={{ "--at": tick - first } as CSSProperties}>
            {tickLabel(tick)}
          </span>
        ))}
        <RangeChooser scale={scale} onRange={onRange} />
      </div>
      <div className="timeline-zoom" role="group" aria-label="Zoom of the time axis">
        {range !== null && <IconButton name="Show all of the time" icon="fitWidth" onClick={() => onRange(null)} />}
        <IconButton name="Zoom out of the time" icon="zoomOut" disabled={range === null} onClick={() => zoom(2)} />
        <IconButton name="Zoom into the time" icon="zoomIn" onClick={() => zoom(0.5)} />
      </div>
    </div>
  );
}

/** Where a pointer is drawn over the axis. */
function RangeChooser({ scale, onRange }: Pick<TimelineAxisProps, "scale" | "onRange">) {
  const clock = use(ClockContext);
  const strip = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const within = ({ clientX }: PointerEvent) => {
    const { left = 0, width = 1 } = strip.current?.getBoundingClientRect() ?? {};
    return Math.min(Math.max(0, clientX - left), width);
  };
  const choose = () => {
    setDrawn(null);
    if (!drawn || !strip.current || Math.abs(drawn.to - drawn.from) < LEAST_DRAG) return;
    const seconds = secondsOf(scale, clock.now());
    const first = (scale.start - scale.began) / 1000;
    const at = (x: number) => first + (x / (strip.current?.clientWidth ?? 1)) * seconds;
    onRange({ from: at(Math.min(drawn.from, drawn.to)), to: at(Math.max(drawn.from, drawn.to)) });
  };
  return (
    <div
      ref={strip}
      className="timeline-range"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrawn({ from: within(event), to: within(event) });
      }}
      onPointerMove={(event) => drawn && setDrawn({ ...drawn, to: within(event) })}
      onPointerUp={choose}
      onPointerCancel={() => setDrawn(null)}
      onDoubleClick={() => onRange(null)}
    >
      {drawn && <i style={{ left: Math.min(drawn.from, drawn.to), width: Math.abs(drawn.to - drawn.from) }} />}
    </div>
  );
}
