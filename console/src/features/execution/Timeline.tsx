import { memo, use, useMemo, useState, type CSSProperties, type RefObject } from "react";
import { ClockContext, useClock } from "../../bindings/clock";
import { Link } from "../../bindings/router";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import type { NodeRow } from "../../core/nodeTree";
import { attemptLook, NODE_PHASES, WORKFLOW_PHASES } from "../../core/phases";
import { placeWords, queuedWords } from "../../core/queue";
import { parseDuration } from "../../core/durations";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { tickLabel, ticksOf } from "../../core/timeScale";
import type { Execution, NodePhase } from "../../protocol/flyte";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Empty } from "../../ui/Empty";
import { Duration } from "../../ui/Ticking";
import { ChildExecution } from "./ChildExecution";
import { DeckButton } from "./DeckButton";

/** Fewer nodes than this are seen at a glance. */
const ALL_IN_SIGHT = 12;

interface TimelineProps {
  readonly route: ExecutionRoute;
  readonly execution: Execution;
  readonly rows: readonly NodeRow[];
}

/** Of the axis, in milliseconds since the epoch. */
interface Scale {
  readonly start: number;
  /** Null: now, while the execution runs. */
  readonly end: number | null;
}

/** Milliseconds after which the axis of an execution that runs is a little longer. */
const GROWS_EVERY = 250;

/** The nodes one below the other, each with its time on a common axis. */
export function Timeline({ route, execution, rows }: TimelineProps) {
  const scale = useScale(execution, rows);
  const shown = rows.filter(({ phase }) => route.only === null || phase === route.only);
  if (rows.length === 0) {
    return (
      <Empty icon="clock" title="No node has begun">
        They appear here as they do.
      </Empty>
    );
  }
  return (
    <div className="timeline">
      <PhaseFilter route={route} rows={rows} />
      <Axis scale={scale} />
      <Rows route={route} rows={shown} scale={scale} />
      {shown.length === 0 && <Empty icon="search" title="No node is in this phase" />}
    </div>
  );
}

/**
 * An element that is placed by the axis, with all in it. The style sheet reckons where from the seconds of the axis alone:
 * one that grows renders nothing. Each bar has them for itself, since all that is in an element with other ones is styled anew.
 */
function useSpan<E extends HTMLElement>(scale: Scale, also?: (now: number) => void): RefObject<E | null> {
  return useClock<E>(scale.end === null ? GROWS_EVERY : null, (element, now) => {
    element.style.setProperty("--span", String(secondsOf(scale, now)));
    also?.(now);
  });
}

function Axis({ scale }: { readonly scale: Scale }) {
  const [ticks, setTicks] = useState<readonly number[]>([]);
  const axis = useSpan<HTMLDivElement>(scale, (now) => {
    const next = ticksOf(secondsOf(scale, now));
    setTicks((before) => (before.length === next.length && before[1] === next[1] ? before : next));
  });
  return (
    <div ref={axis} className="timeline-axis" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick} style={{ "--at": tick } as CSSProperties}>
          {tickLabel(tick)}
        </span>
      ))}
    </div>
  );
}

interface RowsProps {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  readonly scale: Scale;
}

function Rows({ route, rows, scale }: RowsProps) {
  const { list, style, shown } = useVirtualRows<NodeRow, HTMLUListElement>(rows, { estimate: 48 });
  return (
    <ul ref={list} className="timeline-rows" aria-label="Nodes" style={style}>
      {shown.map(({ row, attributes }) => (
        <li
          key={row.id}
          {...attributes}
          className={`timeline-row ${route.node === row.id ? "timeline-row-chosen" : ""}`}
          data-node={row.id}
          data-phase={row.phase}
        >
          <TimelineRow route={route} row={row} scale={scale} />
        </li>
      ))}
    </ul>
  );
}

/** How many nodes are in each phase; each can be shown alone. Not worth its place where all are in sight. */
function PhaseFilter({ route, rows }: Pick<TimelineProps, "route" | "rows">) {
  if (rows.length <= ALL_IN_SIGHT && route.only === null) return null;
  const counts = new Map<NodePhase, number>();
  rows.forEach(({ phase }) => counts.set(phase, (counts.get(phase) ?? 0) + 1));
  const phases = (Object.keys(NODE_PHASES) as NodePhase[]).filter((phase) => counts.has(phase) || phase === route.only);
  return (
    <nav className="phase-filter" aria-label="Nodes by phase">
      <Link className="chip" href={executionPath({ ...route, only: null })} aria-current={route.only === null}>
        All {rows.length}
      </Link>
      {phases.map((phase) => (
        <Link
          key={phase}
          className="chip"
          href={executionPath({ ...route, only: phase })}
          aria-current={route.only === phase}
        >
          {NODE_PHASES[phase].label} {counts.get(phase) ?? 0}
        </Link>
      ))}
    </nav>
  );
}

function useScale({ closure }: Execution, rows: readonly NodeRow[]): Scale {
  const clock = use(ClockContext);
  const ended = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"].terminal;
  const began = closure?.startedAt ?? closure?.createdAt;
  const start = began ? Date.parse(began) : clock.now();
  const lastNode = Math.max(start, ...(ended ? rows : []).map((row) => row.endedAt ?? row.startedAt ?? 0));
  const end = ended ? Math.max(lastNode, start + (parseDuration(closure?.duration) ?? 0) * 1000) : null;
  return useMemo(() => ({ start, end }), [start, end]);
}

function secondsOf({ start, end }: Scale, now: number): number {
  return Math.max(1, ((end ?? now) - start) / 1000);
}

interface TimelineRowProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  readonly scale: Scale;
}

/** What a row shows. A row of which nothing has changed is the same object, and is not rendered again. */
const TimelineRow = memo(function TimelineRow({ route, row, scale }: TimelineRowProps) {
  const look = NODE_PHASES[row.phase];
  const href = executionPath({ ...route, node: row.id, view: null, attempt: null, tab: null });
  return (
    <>
      <div className="timeline-name" style={{ paddingLeft: row.depth * 18 }}>
        <PhaseMark look={look} />
        <Link className="timeline-link" href={href} aria-current={route.node === row.id ? "true" : undefined}>
          <span className="timeline-node">{row.name}</span>
          <span className="timeline-id">{row.id}</span>
          {(row.condition || row.given) && <span className="timeline-given">{row.condition || row.given}</span>}
        </Link>
        {row.attempts.length > 1 && <span className="chip">{row.attempts.length} attempts</span>}
        {row.cached && <span className="chip">cached</span>}
        {row.child && <ChildExecution id={row.child} />}
      </div>
      <div className="timeline-track" aria-hidden="true">
        <Bars row={row} scale={scale} />
      </div>
      <div className="timeline-duration">
        <RowTime row={row} />
      </div>
      <div className="timeline-deck">{row.hasDeck && <DeckButton route={route} row={row} />}</div>
    </>
  );
});

/** How long it took or has run; while it is queued, its place instead. */
function RowTime({ row }: { readonly row: NodeRow }) {
  if (row.queued) {
    return (
      <span className="soft timeline-queued" title={queuedWords(row.queued)}>
        {placeWords(row.queued.ahead)}
      </span>
    );
  }
  if (row.startedAt === null) return <span className="soft">{NODE_PHASES[row.phase].label}</span>;
  return <Duration from={row.startedAt} to={row.endedAt} />;
}

/** One bar for each attempt, or one for the node while it has none. */
function Bars({ row, scale }: Omit<TimelineRowProps, "route">) {
  const spans = row.attempts.length > 1 ? row.attempts.map((attempt) => attemptSpan(attempt, row)) : [];
  if (row.queued) spans.push({ tone: "waiting", from: row.queued.since, to: null });
  if (spans.length === 0) spans.push({ tone: NODE_PHASES[row.phase].tone, from: row.startedAt, to: row.endedAt });
  return spans.map(
    ({ tone, from, to }, index) =>
      from !== null && <Bar key={index} tone={tone} style={placed(from, to, scale.start)} scale={scale} />,
  );
}

function Bar({ tone, style, scale }: { readonly tone: string; readonly style: CSSProperties; readonly scale: Scale }) {
  return <span ref={useSpan<HTMLSpanElement>(scale)} className={`timeline-bar phase-${tone}`} style={style} />;
}

/** In seconds since the start; the style sheet knows how many there are. */
function placed(from: number, to: number | null, start: number): CSSProperties {
  const style = { "--from": (from - start) / 1000 };
  return (to === null ? style : { ...style, "--to": (to - start) / 1000 }) as CSSProperties;
}

function attemptSpan(attempt: NodeRow["attempts"][number], row: NodeRow) {
  const { closure } = attempt;
  const look = attemptLook(attempt, row.attempts);
  const from = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const to = from !== null && seconds !== null && look.terminal ? from + seconds * 1000 : row.endedAt;
  return { tone: look.tone, from, to };
}
