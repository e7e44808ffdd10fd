import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import { nodesAround, type NodeRow } from "../../core/nodeTree";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { Icon } from "../../ui/icons";

interface GraphPathProps {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  /** The node of whose inside the graph is. */
  readonly inside: string;
}

/** Which nodes the graph is inside of, from the workflow on: each leads to its own graph. */
export function GraphPath({ route, rows, inside }: GraphPathProps) {
  return (
    <nav className="graph-path" aria-label="What the graph is inside of">
      <Link className="text-link" href={executionPath({ ...route, inside: null })}>
        Workflow
      </Link>
      {nodesAround(rows, inside).map((row) => (
        <span key={row.id}>
          <Icon name="chevron" size={14} />
          {row.id === inside ? (
            <span aria-current="true">{row.name}</span>
          ) : (
            <Link className="text-link" href={executionPath({ ...route, inside: row.id })}>
              {row.name}
            </Link>
          )}
        </span>
      ))}
    </nav>
  );
}

/** To the graph of what is inside of a node. */
export function InsideLink({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  return (
    <Link
      className="deck-button"
      href={executionPath({ ...route, run: "graph", inside: row.id })}
      aria-label={words`Graph of what is inside of ${row.name}`}
      title="What is inside, as a graph"
    >
      <Icon name="branch" size={14} />
      Inside
    </Link>
  );
}
