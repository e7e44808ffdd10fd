import { Link } from "../../bindings/router";
import { executionPath } from "../../core/routes";
import type { ExecutionId } from "../../protocol/flyte";

/** The way to the execution that a node has started. */
export function ChildExecution({ id }: { readonly id: ExecutionId }) {
  const title = `Execution ${id.name}, which the node has started`;
  return (
    <Link className="text-link" href={executionPath(id)} title={title}>
      <span className="visually-hidden">Execution </span>
      <code>{id.name}</code>
    </Link>
  );
}
