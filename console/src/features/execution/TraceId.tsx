import { useQuery } from "@tanstack/react-query";
import { getTraceId } from "../../core/api";
import type { ExecutionId } from "../../protocol/flyte";
import { CopyButton } from "../../ui/CopyButton";

/** Whether executions have traces here: the server says so in the page's head. */
export function hasTraces(page: Document = document): boolean {
  return page.querySelector('meta[name="livedeck-traces"]') !== null;
}

/** The id under which a collector of OpenTelemetry has an execution's trace. */
export function TraceId({ id }: { readonly id: ExecutionId }) {
  const { data } = useQuery({
    queryKey: ["trace", id],
    queryFn: ({ signal }) => getTraceId(id, signal),
    staleTime: Infinity,
  });
  if (!data) return null;
  return (
    <>
      <code title={data.traceId}>{data.traceId.slice(0, 12)}</code>
      <CopyButton text={data.traceId} name="Copy the trace’s id" />
    </>
  );
}
