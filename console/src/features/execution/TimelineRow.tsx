import { memo, type CSSProperties } from "react";
import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import { parseDuration } from "../../core/durations";
import { tallyWords } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import { attemptLook, NODE_PHASES, nodeLook } from "../../core/phases";
import { placeWords, queuedWords } from "../../core/queue";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";
import { groupTitle, phaseCounts, phaseOfAll, spanOfAll, type GroupLine, type Inside } from "../../core/timelineLines";
import { Icon } from "../../ui/icons";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import { ChildExecution } from "./ChildExecution";
import { DeckButton } from "./DeckButton";
import { useSpan, type Scale } from "./timelineScale";

/** Pixels that what is inside stands further in. */
const STEP = 26;

interface TimelineRowProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  readonly depth: number;
  readonly inside: Inside | null;
  readonly scale: Scale;
  readonly onFold: (id: string, folded: boolean) => void;
}

/** What a row shows. A row of which nothing has changed is the same object, and is not rendered again. */
export const TimelineRow = memo(function TimelineRow({ route, row, depth, inside, scale, onFold }: TimelineRowProps) {
  const href = executionPath({ ...route, node: row.id, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK });
  const given = row.condition || row.given;
  return (
    <>
      <div className="timeline-name" style={{ paddingLeft: depth * STEP }}>
        {inside && <FoldButton id={row.id} name={row.name} folded={inside.folded} onFold={onFold} />}
        <PhaseMark look={nodeLook(row)} />
        <Link className="timeline-link" href={href} aria-current={route.node === row.id ? "true" : undefined}>
          <span className="timeline-node">{row.name}</span>
          <span className="timeline-id">{row.id}</span>
          {given && <span className="timeline-given">{given}</span>}
          <Counts row={row} inside={inside} />
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

/** How what a node holds stands: the items of a map, or what is folded inside of it. */
function Counts({ row: { tally }, inside }: Pick<TimelineRowProps, "row" | "inside">) {
  const text = tally ? tallyWords(tally) : inside?.folded ? phaseCounts(inside.rows) : "";
  return text && <span className="timeline-counts" title={text}>{unbroken(text)}</span>;
}

/** Counts that are parted only where another one begins. */
function unbroken(counts: string): string {
  return counts.replace(/(?<![,:]) /g, "\u00a0");
}

interface TimelineGroupProps {
  readonly line: GroupLine;
  readonly scale: Scale;
  readonly onFold: (id: string, folded: boolean) => void;
}

/** Nodes of one name, as one row: how they stand, and their time from the first to the last. */
export function TimelineGroup({ line: { id, name, depth, inside }, scale, onFold }: TimelineGroupProps) {
  const look = NODE_PHASES[phaseOfAll(inside.rows)];
  const { from, to } = spanOfAll(inside.rows);
  const title = groupTitle(inside.rows.length, name);
  return (
    <>
      <div className="timeline-name" style={{ paddingLeft: depth * STEP }}>
        <FoldButton id={id} name={title} folded={inside.folded} onFold={onFold} />
        <PhaseMark look={look} />
        <div className="timeline-link timeline-group">
          <span className="timeline-node">{title}</span>
          <span className="timeline-counts">{unbroken(phaseCounts(inside.rows))}</span>
        </div>
      </div>
      <div className="timeline-track" aria-hidden="true">
        <PlacedBar tone={look.tone} from={from} to={look.terminal ? to : null} scale={scale} />
      </div>
      <div className="timeline-duration">
        {from === null ? <span className="soft">{look.label}</span> : <Duration from={from} to={look.terminal ? to : null} />}
      </div>
      <div className="timeline-deck" />
    </>
  );
}

interface FoldButtonProps {
  readonly id: string;
  readonly name: string;
  readonly folded: boolean;
  readonly onFold: (id: string, folded: boolean) => void;
}

function FoldButton({ id, name, folded, onFold }: FoldButtonProps) {
  const label = folded ? words`Show what is inside of ${name}` : words`Fold ${name}`;
  return (
    <button
      type="button"
      className="timeline-fold"
      aria-expanded={!folded}
      aria-label={label}
      title={label}
      onClick={() => onFold(id, !folded)}
    >
      <Icon name="chevron" size={14} />
    </button>
  );
}

/** How long it took or has run; while it is queued, its place instead. Of what waits for somebody it is said that it does. */
function RowTime({ row }: { readonly row: NodeRow }) {
  if (row.queued) {
    return (
      <span className="soft timeline-queued" title={queuedWords(row.queued)}>
        {placeWords(row.queued.ahead)}
      </span>
    );
  }
  if (row.startedAt === null) return <span className="soft">{NODE_PHASES[row.phase].label}</span>;
  const look = nodeLook(row);
  return (
    <>
      {look.tone === "waiting" && `${look.label} `}
      <Duration from={row.startedAt} to={row.endedAt} />
    </>
  );
}

/** One bar for each attempt, or one for the node while it has none. */
function Bars({ row, scale }: Pick<TimelineRowProps, "row" | "scale">) {
  const spans = row.attempts.length > 1 ? row.attempts.map((attempt) => attemptSpan(attempt, row)) : [];
  if (row.queued) spans.push({ tone: "waiting", from: row.queued.since, to: null });
  if (spans.length === 0) spans.push({ tone: nodeLook(row).tone, from: row.startedAt, to: row.endedAt });
  return spans.map((span, index) => <PlacedBar key={index} {...span} scale={scale} />);
}

interface Span {
  readonly tone: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** A bar where it belongs, unless that is not in sight. */
function PlacedBar({ tone, from, to, scale }: Span & { readonly scale: Scale }) {
  const { start, end } = scale;
  if (from === null || (to !== null && to < start) || (end !== null && from > end)) return null;
  return <Bar tone={tone} style={placed(from, to, start)} scale={scale} />;
}

function Bar({ tone, style, scale }: { readonly tone: string; readonly style: CSSProperties; readonly scale: Scale }) {
  return <span ref={useSpan<HTMLSpanElement>(scale)} className={`timeline-bar phase-${tone}`} style={style} />;
}

/** In seconds since the start; the style sheet knows how many there are. */
function placed(from: number, to: number | null, start: number): CSSProperties {
  const style = { "--from": (from - start) / 1000 };
  return (to === null ? style : { ...style, "--to": (to - start) / 1000 }) as CSSProperties;
}

function attemptSpan(attempt: NodeRow["attempts"][number], row: NodeRow): Span {
  const { closure } = attempt;
  const look = attemptLook(attempt, row.attempts);
  const from = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const to = from !== null && seconds !== null && look.terminal ? from + seconds * 1000 : row.endedAt;
  return { tone: look.tone, from, to };
}
