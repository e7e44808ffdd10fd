import { useRouter } from "../../bindings/router";
import { WORKFLOW_PHASES } from "../../core/phases";
import { executionsPath, type ExecutionsRoute } from "../../core/routes";
import { Icon } from "../../ui/icons";

const PHASES = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"] as const;

/** The filter is part of the address: it can be sent to somebody, and Back undoes it. */
export function ExecutionsFilter({ route }: { readonly route: ExecutionsRoute }) {
  const { go } = useRouter();
  return (
    <form className="executions-filter" role="search" onSubmit={(event) => event.preventDefault()}>
      <label className="filter-field">
        <Icon name="search" size={14} />
        <input
          type="search"
          aria-label="Workflow name"
          placeholder="Workflow name"
          value={route.workflow}
          onChange={(event) => go(executionsPath({ ...route, workflow: event.target.value }), { replace: true })}
        />
      </label>
      <select
        className="filter-select"
        aria-label="Phase"
        value={route.phase ?? ""}
        onChange={(event) => go(executionsPath({ ...route, phase: event.target.value || null }))}
      >
        <option value="">Any phase</option>
        {PHASES.map((phase) => (
          <option key={phase} value={phase}>
            {WORKFLOW_PHASES[phase].label}
          </option>
        ))}
      </select>
    </form>
  );
}
