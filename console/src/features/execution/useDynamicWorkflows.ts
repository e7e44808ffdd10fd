import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { getDynamicWorkflow } from "../../core/api";
import type { ExecutionView } from "../../core/executionSession";
import type { DynamicWorkflows } from "../../core/nodeTree";
import type { DynamicNodeWorkflow } from "../../protocol/flyte";

/** Of more dynamic tasks than these, what they declare is not asked for: their nodes are called after what has run. */
const MOST = 20;

/** What dynamic tasks have declared, from the moment at which they have. */
export function useDynamicWorkflows({ nodes, tasks }: Pick<ExecutionView, "nodes" | "tasks">): DynamicWorkflows {
  const declared = useMemo(() => {
    const dynamic = [...nodes.values()].filter(({ metadata }) => metadata?.isDynamic && metadata.isParentNode);
    return dynamic.slice(0, MOST).map(({ id }) => ({ id, attempt: tasks.get(id.nodeId)?.length ?? 0 }));
  }, [nodes, tasks]);
  const workflows = useQueries({
    queries: declared.map(({ id, attempt }) => ({
      queryKey: ["dynamic workflow", id, attempt],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => getDynamicWorkflow(id, signal),
      staleTime: Infinity,
    })),
    combine: dataOf,
  });
  return useMemo(
    () =>
      new Map(
        declared.flatMap(({ id }, index) => {
          const compiled = workflows[index]?.compiledWorkflow;
          return compiled ? [[id.nodeId, compiled] as const] : [];
        }),
      ),
    // Of the same workflows it is the same: the nodes that declared them need not be looked at.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [workflows],
  );
}

/** Null: not known yet, or not any more. */
function dataOf(results: readonly UseQueryResult<DynamicNodeWorkflow>[]): readonly (DynamicNodeWorkflow | null)[] {
  return results.map(({ data }) => data ?? null);
}
