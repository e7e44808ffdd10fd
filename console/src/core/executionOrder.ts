/** Which executions a list shows, and in which order: what the server listed, and what has happened since. */
import type { Execution } from "../protocol/flyte";

export interface Filter {
  readonly phase: string | null;
  readonly workflow: string;
}

/** Newest first. Live executions replace listed ones and join when they fit and are not older than the last listed. */
export function mergeExecutions(
  listed: readonly Execution[],
  live: Iterable<Execution>,
  filter: Filter,
  complete: boolean,
): Execution[] {
  const merged = new Map(listed.map((execution) => [execution.id.name, execution]));
  const oldest = complete ? "" : (listed.map(createdAt).sort()[0] ?? "");
  for (const execution of live) {
    if (merged.has(execution.id.name) || createdAt(execution) >= oldest) merged.set(execution.id.name, execution);
  }
  return [...merged.values()]
    .filter((execution) => fits(execution, filter))
    .sort((a, b) => createdAt(b).localeCompare(createdAt(a)) || b.id.name.localeCompare(a.id.name));
}

function fits({ closure }: Execution, { phase, workflow }: Filter): boolean {
  if (phase !== null && (closure?.phase ?? "UNDEFINED") !== phase) return false;
  return (closure?.workflowId?.name ?? "").includes(workflow);
}

function createdAt(execution: Execution): string {
  return execution.closure?.createdAt ?? "";
}
