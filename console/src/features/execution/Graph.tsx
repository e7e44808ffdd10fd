import { lazy, Suspense } from "react";
import type { NodeRow } from "../../core/nodeTree";
import type { ExecutionRoute } from "../../core/routes";
import type { Workflow } from "../../protocol/flyte";
import { Skeleton } from "../../ui/Skeleton";

/** The drawing library is a third of the console: it loads when somebody looks at a graph. */
const GraphCanvas = lazy(() => import("./GraphCanvas"));

export interface GraphProps {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  readonly workflow: Workflow | null;
}

export function Graph(props: GraphProps) {
  return (
    <Suspense fallback={<Skeleton label="Drawing the graph" />}>
      <GraphCanvas {...props} />
    </Suspense>
  );
}
