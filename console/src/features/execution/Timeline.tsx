import { useNow } from "../../bindings/useNow";
import { Link } from "../../bindings/router";
import type { NodeRow } from "../../core/nodeTree";
import { attemptLook, NODE_PHASES, WORKFLOW_PHASES } from "../../core/phases";
import { placeWords, queuedWords } from "../../core/queue";
import { parseDuration } from "../../core/durations";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { barOf, tickLabel, ticksOf } from "../../core/timeScale";
import type { Execution, NodePhase } from "../../protocol/flyte";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Empty } from "../../ui/Empty";
import { Duration } from "../../ui/Ticking";
import { DeckButton } from "./DeckButton";

/** Fewer nodes than this are seen at a glance. */
const ALL_IN_SIGHT = 12;

interface TimelineProps {
  readonly route: ExecutionRoute;
  readonly execution: Execution;
  readonly rows: readonly NodeRow[];
}

interface Scale {
  readonly start: number;
  readonly end: number;
}

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
  const seconds = (scale.end - scale.start) / 1000;
  return (
    <div className="timeline">
      <PhaseFilter route={route} rows={rows} />
      <div className="timeline-axis" aria-hidden="true">
        {ticksOf(seconds).map((tick) => (
          <span key={tick} style={{ left: `${(tick / Math.max(seconds, 0.001)) * 100}%` }}>
            {tickLabel(tick)}
          </span>
        ))}
      </div>
      <ul className="timeline-rows" aria-label="Nodes">
        {shown.map((row) => (
          <TimelineRow key={row.id} route={route} row={row} scale={scale} />
        ))}
      </ul>
      {shown.length === 0 && <Empty icon="search" title="No node is in this phase" />}
    </div>
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
  const ended = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"].terminal;
  const now = useNow(ended ? null : 250);
  const began = closure?.startedAt ?? closure?.createdAt;
  const start = began ? Date.parse(began) : now;
  const duration = parseDuration(closure?.duration);
  const lastNode = Math.max(start, ...rows.map((row) => row.endedAt ?? row.startedAt ?? 0));
  const end = ended ? Math.max(lastNode, start + (duration ?? 0) * 1000) : now;
  return { start, end: Math.max(end, start + 1000) };
}

interface TimelineRowProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  readonly scale: Scale;
}

function TimelineRow({ route, row, scale }: TimelineRowProps) {
  const look = NODE_PHASES[row.phase];
  const chosen = route.node === row.id;
  const href = executionPath({ ...route, node: row.id, view: null, attempt: null, tab: null });
  return (
    <li className={`timeline-row ${chosen ? "timeline-row-chosen" : ""}`} data-node={row.id} data-phase={row.phase}>
      <div className="timeline-name" style={{ paddingLeft: row.depth * 18 }}>
        <PhaseMark look={look} />
        <Link className="timeline-link" href={href} aria-current={chosen ? "true" : undefined}>
          <span className="timeline-node">{row.name}</span>
          <span className="timeline-id">{row.id}</span>
          {row.given && <span className="timeline-given">{row.given}</span>}
        </Link>
        {row.attempts.length > 1 && <span className="chip">{row.attempts.length} attempts</span>}
        {row.cached && <span className="chip">cached</span>}
      </div>
      <div className="timeline-track" aria-hidden="true">
        <Bars row={row} scale={scale} />
      </div>
      <div className="timeline-duration">
        <RowTime row={row} />
      </div>
      <div className="timeline-deck">{row.hasDeck && <DeckButton route={route} row={row} />}</div>
    </li>
  );
}

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
  const { start, end } = scale;
  const spans = row.attempts.length > 1 ? row.attempts.map((attempt) => attemptSpan(attempt, row, end)) : [];
  if (row.queued) spans.push({ tone: "waiting", from: row.queued.since, to: end });
  if (spans.length === 0) spans.push({ tone: NODE_PHASES[row.phase].tone, from: row.startedAt, to: row.endedAt ?? end });
  return spans.map(({ tone, from, to }, index) => {
    const bar = barOf(from, to, start, end);
    return bar && <span key={index} className={`timeline-bar phase-${tone}`} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />;
  });
}

function attemptSpan(attempt: NodeRow["attempts"][number], row: NodeRow, end: number) {
  const { closure } = attempt;
  const look = attemptLook(attempt, row.attempts);
  const from = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const to = from !== null && seconds !== null && look.terminal ? from + seconds * 1000 : (row.endedAt ?? end);
  return { tone: look.tone, from, to };
}
