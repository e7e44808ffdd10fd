import { memo, use, useCallback, useDeferredValue, useMemo, useState } from "react";
import { ClockContext } from "../../bindings/clock";
import { Link, useRouter } from "../../bindings/router";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { parseDuration } from "../../core/durations";
import type { NodeRow } from "../../core/nodeTree";
import { formatNumber } from "../../core/numerals";
import { NODE_STATES, WORKFLOW_PHASES, type NodeState } from "../../core/phases";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { countStates, foundLines, timelineLines, type Folds, type Line } from "../../core/timelineLines";
import type { TimeRange } from "../../core/timeScale";
import type { Execution } from "../../protocol/flyte";
import { Empty } from "../../ui/Empty";
import { SearchField } from "../../ui/Toolbar";
import { TimelineAxis } from "./TimelineAxis";
import { TimelineGroup, TimelineRow } from "./TimelineRow";
import type { Scale } from "./timelineScale";

/** Fewer nodes than this are seen at a glance. */
const ALL_IN_SIGHT = 12;

const NO_LINES: readonly Line[] = [];

interface TimelineProps {
  readonly route: ExecutionRoute;
  readonly execution: Execution;
  readonly rows: readonly NodeRow[];
}

/** The nodes one below the other, each with its time on a common axis. */
export function Timeline({ route, execution, rows }: TimelineProps) {
  const whole = useScale(execution, rows);
  const [range, setRange] = useState<TimeRange | null>(null);
  const scale = useMemo(() => part(whole, range), [whole, range]);
  const [folds, setFolds] = useState<Folds>(() => new Map());
  const fold = useCallback((id: string, folded: boolean) => setFolds((before) => new Map(before).set(id, folded)), []);
  const filtered = route.only !== null || route.find !== "";
  const lines = useMemo(
    () => (filtered ? foundLines(rows, route.only, route.find) : timelineLines(rows, folds)),
    [rows, folds, filtered, route.only, route.find],
  );
  const drawn = useDeferredValue(lines, NO_LINES); // after what is around them: together they would be a long task
  if (rows.length === 0) {
    return (
      <Empty icon="clock" title="No node has begun">
        They appear here as they do.
      </Empty>
    );
  }
  return (
    <div className="timeline">
      {(rows.length > ALL_IN_SIGHT || filtered) && <NodesFilter route={route} rows={rows} />}
      <TimelineAxis scale={scale} whole={whole} range={range} onRange={setRange} />
      <Lines route={route} lines={drawn} scale={scale} onFold={fold} />
      {lines.length === 0 && (
        <Empty icon="search" title={route.find === "" ? "No node is in this phase" : "No node fits"} />
      )}
    </div>
  );
}

interface LinesProps {
  readonly route: ExecutionRoute;
  readonly lines: readonly Line[];
  readonly scale: Scale;
  readonly onFold: (id: string, folded: boolean) => void;
}

const Lines = memo(function Lines({ route, lines, scale, onFold }: LinesProps) {
  const { list, style, shown } = useVirtualRows<Line, HTMLUListElement>(lines, { estimate: 48 });
  return (
    <ul ref={list} className="timeline-rows" aria-label="Nodes" style={style}>
      {shown.map(({ row: line, attributes }) => (
        <li
          key={line.id}
          {...attributes}
          className={`timeline-row ${isChosen(line, route.node) ? "timeline-row-chosen" : ""}`}
          {...(line.kind === "node" && { "data-node": line.id, "data-phase": line.row.phase })}
        >
          {line.kind === "group" ? (
            <TimelineGroup line={line} scale={scale} onFold={onFold} />
          ) : (
            <TimelineRow route={route} row={line.row} depth={line.depth} inside={line.inside} scale={scale} onFold={onFold} />
          )}
        </li>
      ))}
    </ul>
  );
});

/** Whether a line is of the node that is looked at, of the one whose item that is, or holds it folded. */
function isChosen({ id, inside }: Line, node: string | null): boolean {
  if (node === null) return false;
  if (id === node || node.startsWith(`${id}:`)) return true;
  return inside !== null && inside.folded && inside.rows.some((row) => row.id === node);
}

/** Which nodes are listed. How many stand how; not worth its place where all are in sight. */
function NodesFilter({ route, rows }: Pick<TimelineProps, "route" | "rows">) {
  const counts = countStates(rows);
  const states = (Object.keys(NODE_STATES) as NodeState[]).filter((state) => counts.has(state) || state === route.only);
  return (
    <div className="timeline-filter">
      <NodesSearch route={route} />
      <nav className="phase-filter" aria-label="Nodes by phase">
        <Link className="chip" href={executionPath({ ...route, only: null })} aria-current={route.only === null}>
          All {formatNumber(rows.length)}
        </Link>
        {states.map((state) => (
          <Link
            key={state}
            className="chip"
            href={executionPath({ ...route, only: state })}
            aria-current={route.only === state}
          >
            {NODE_STATES[state].label} {formatNumber(counts.get(state) ?? 0)}
          </Link>
        ))}
      </nav>
    </div>
  );
}

const NodesSearch = memo(function NodesSearch({ route }: Pick<TimelineProps, "route">) {
  const { go } = useRouter();
  return (
    <SearchField
      label="Show nodes with"
      placeholder="Show nodes with …"
      value={route.find}
      onChange={(find) => go(executionPath({ ...route, find }), { replace: true })}
    />
  );
});

/** The time of the whole execution. */
function useScale({ closure }: Execution, rows: readonly NodeRow[]): Scale {
  const clock = use(ClockContext);
  const ended = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"].terminal;
  const first = closure?.startedAt ?? closure?.createdAt;
  const began = first ? Date.parse(first) : clock.now();
  const lastNode = (ended ? rows : []).reduce((last, row) => Math.max(last, row.endedAt ?? row.startedAt ?? 0), began);
  const end = ended ? Math.max(lastNode, began + (parseDuration(closure?.duration) ?? 0) * 1000) : null;
  return useMemo(() => ({ began, start: began, end }), [began, end]);
}

function part(whole: Scale, range: TimeRange | null): Scale {
  if (range === null) return whole;
  return { began: whole.began, start: whole.began + range.from * 1000, end: whole.began + range.to * 1000 };
}
