import { useEffect, useState } from "react";
import type { Edge } from "../../core/workflowGraph";
import type { Direction, GraphToLayOut, Layout } from "./graphLayout";

/**
 * The layout of a graph, made by a worker; until it is there the one of the graph before it, and null for another
 * direction.
 */
export function useGraphLayout(ids: readonly string[], edges: readonly Edge[], direction: Direction): Layout | null {
  const [made, setMade] = useState<{ readonly direction: Direction; readonly layout: Layout } | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  useEffect(() => {
    const worker = new Worker(new URL("./graphLayout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Layout>) => {
      setMade({ direction, layout: data });
      worker.terminate();
    };
    worker.onerror = ({ message }) => setFailed(new Error(message || "The graph could not be laid out."));
    worker.postMessage({ ids, edges, direction } satisfies GraphToLayOut);
    return () => worker.terminate();
  }, [ids, edges, direction]);
  if (failed) throw failed; // to the error boundary around the page
  return made?.direction === direction ? made.layout : null;
}
