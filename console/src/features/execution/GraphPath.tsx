import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import type { GraphGroup } from "../../core/graphItems";
import { nodesAround, type NodeRow } from "../../core/nodeTree";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { groupTitle } from "../../core/timelineLines";
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

interface FoldButtonsProps {
  /** Those that are drawn node by node. */
  readonly groups: readonly GraphGroup[];
  readonly onFold: (group: string) => void;
}

/** What a graph draws node by node can be made one card again. */
export function FoldButtons({ groups, onFold }: FoldButtonsProps) {
  return (
    <div className="graph-path" role="group" aria-label="Drawn node by node">
      {groups.map(({ id, name, ids }) => (
        <button key={id} type="button" className="chip" onClick={() => onFold(id)}>
          {words`Fold ${groupTitle(ids.length, name)}`}
        </button>
      ))}
    </div>
  );
}
