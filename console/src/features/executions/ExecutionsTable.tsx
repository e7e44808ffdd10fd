import { memo, useMemo } from "react";
import { Link } from "../../bindings/router";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { parseDuration } from "../../core/durations";
import { shortName } from "../../core/nodeTree";
import { WORKFLOW_PHASES } from "../../core/phases";
import { executionPath } from "../../core/routes";
import type { Execution } from "../../protocol/flyte";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration, When } from "../../ui/Ticking";

interface ExecutionsTableProps {
  readonly executions: readonly Execution[];
  /** Whether there are no more than these. */
  readonly complete: boolean;
}

/** Pixels of a row, as the style sheet has it: were they others, Back would find another place than was left. */
const ROW = 58;

interface Row {
  readonly id: string;
  readonly execution: Execution;
}

/** The executions that are loaded, of which those in sight are in the page. */
export function ExecutionsTable({ executions, complete }: ExecutionsTableProps) {
  const rows = useMemo(() => executions.map((execution) => ({ id: execution.id.name, execution })), [executions]);
  const { list, room, shown } = useVirtualRows<Row, HTMLTableSectionElement>(rows, { estimate: ROW });
  return (
    <table className="executions-table" aria-rowcount={complete ? rows.length + 1 : -1}>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">Workflow</th>
          <th scope="col">Phase</th>
          <th scope="col">Started</th>
          <th scope="col" className="numeric">
            Duration
          </th>
        </tr>
      </thead>
      <tbody ref={list}>
        <Spacer pixels={room.above} />
        {shown.map(({ row, attributes }) => (
          <tr key={row.id} ref={attributes.ref} data-index={attributes["data-index"]} aria-rowindex={attributes["aria-posinset"] + 1}>
            <ExecutionCells execution={row.execution} />
          </tr>
        ))}
        <Spacer pixels={room.below} />
      </tbody>
    </table>
  );
}

/** In place of rows that are not in the page. */
function Spacer({ pixels }: { readonly pixels: number }) {
  return pixels > 0 && <tr className="executions-room" aria-hidden="true" style={{ height: pixels }} />;
}

const ExecutionCells = memo(function ExecutionCells({ execution }: { readonly execution: Execution }) {
  const { id, closure } = execution;
  const workflow = closure?.workflowId?.name ?? execution.spec?.launchPlan?.name;
  const look = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"];
  const started = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const ended = look.terminal && started !== null ? started + (seconds ?? 0) * 1000 : null;
  return (
    <>
      <td>
        <Link className="execution-link" href={executionPath(id)} title={workflow}>
          <span className="execution-workflow">{shortName(workflow) ?? id.name}</span>
          <span className="execution-name">{id.name}</span>
        </Link>
      </td>
      <td>
        <PhaseBadge look={look} />
      </td>
      <td className="soft">
        <When time={closure?.startedAt ?? closure?.createdAt} />
      </td>
      <td className="numeric soft">
        <Duration from={started} to={ended} />
      </td>
    </>
  );
});
