import { Link } from "../../bindings/router";
import { parseDuration } from "../../core/durations";
import { shortName } from "../../core/nodeTree";
import { WORKFLOW_PHASES } from "../../core/phases";
import { executionPath } from "../../core/routes";
import type { Execution } from "../../protocol/flyte";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration, When } from "../../ui/Ticking";

export function ExecutionsTable({ executions }: { readonly executions: readonly Execution[] }) {
  return (
    <table className="executions-table">
      <thead>
        <tr>
          <th scope="col">Workflow</th>
          <th scope="col">Phase</th>
          <th scope="col">Started</th>
          <th scope="col" className="numeric">
            Duration
          </th>
        </tr>
      </thead>
      <tbody>
        {executions.map((execution) => (
          <ExecutionRow key={execution.id.name} execution={execution} />
        ))}
      </tbody>
    </table>
  );
}

function ExecutionRow({ execution }: { readonly execution: Execution }) {
  const { id, closure } = execution;
  const workflow = closure?.workflowId?.name ?? execution.spec?.launchPlan?.name;
  const look = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"];
  const started = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const ended = look.terminal && started !== null ? started + (seconds ?? 0) * 1000 : null;
  return (
    <tr>
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
    </tr>
  );
}
