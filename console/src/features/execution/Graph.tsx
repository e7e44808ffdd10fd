import { lazy, Suspense } from "react";
import type { NodeRow } from "../../core/nodeTree";
import type { ExecutionRoute } from "../../core/routes";
import type { CompiledWorkflow } from "../../protocol/flyte";
import { Skeleton } from "../../ui/Skeleton";

/** The drawing library is a third of the console: it loads when somebody looks at a graph. */
const GraphCanvas = lazy(() => import("./GraphCanvas"));

export interface GraphProps {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  /** What the graph is drawn of: the workflow, or what is inside of a node; null where that is not known. */
  readonly compiled: CompiledWorkflow | null;
}

export function Graph(props: GraphProps) {
  return (
    <Suspense fallback={<Skeleton label="Drawing the graph" />}>
      <GraphCanvas key={props.route.inside} {...props} />
    </Suspense>
  );
}
