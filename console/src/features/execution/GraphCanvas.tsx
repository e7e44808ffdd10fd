import dagre from "@dagrejs/dagre";
import {
  Background,
  Controls,
  Handle,
  Position,
  ReactFlow,
  type Edge as FlowEdge,
  type Node as FlowNode,
  type NodeProps,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { Link } from "../../bindings/router";
import { useTheme } from "../../bindings/theme";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { workflowEdges, type Edge } from "../../core/workflowGraph";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import { DeckButton } from "./DeckButton";
import type { GraphProps } from "./Graph";

const WIDTH = 272;
const HEIGHT = 64;

type Card = FlowNode<{ readonly route: ExecutionRoute; readonly row: NodeRow }, "card">;

/** The workflow as a graph, the time running from left to right. */
export default function GraphCanvas({ route, rows, workflow }: GraphProps) {
  const { dark } = useTheme();
  const edges = useMemo(() => workflowEdges(workflow), [workflow]);
  const top = useMemo(() => rows.filter((row) => row.depth === 0), [rows]);
  const ids = top.map((row) => row.id).join("\n");
  const places = useMemo(() => layOut(ids.split("\n").filter(Boolean), edges), [ids, edges]);
  const nodes: Card[] = top.map((row) => ({
    id: row.id,
    type: "card",
    position: places.get(row.id) ?? { x: 0, y: 0 },
    width: WIDTH,
    height: HEIGHT,
    data: { route, row },
  }));
  const running = new Set(top.filter((row) => !NODE_PHASES[row.phase].terminal && row.node).map((row) => row.id));
  const lines: FlowEdge[] = edges.map(({ from, to }) => ({
    id: `${from}-${to}`,
    source: from,
    target: to,
    animated: running.has(to),
  }));
  return (
    <div className="graph" role="group" aria-label="Graph of the workflow">
      <ReactFlow
        nodes={nodes}
        edges={lines}
        nodeTypes={NODE_TYPES}
        colorMode={dark ? "dark" : "light"}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        minZoom={0.1}
        maxZoom={1.5}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
      >
        <Background gap={18} size={1} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

const NODE_TYPES = { card: CardNode };

function CardNode({ data: { route, row } }: NodeProps<Card>) {
  const look = NODE_PHASES[row.phase];
  return (
    <div className={`graph-card ${route.node === row.id ? "graph-card-chosen" : ""}`} data-phase={row.phase}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <PhaseMark look={look} />
      <Link className="graph-name" href={executionPath({ ...route, node: row.id, view: null, attempt: null })}>
        <span className="timeline-node">{row.name}</span>
        <span className="timeline-id">
          {row.startedAt === null ? look.label : <Duration from={row.startedAt} to={row.endedAt} />}
        </span>
      </Link>
      {row.hasDeck && <DeckButton route={route} row={row} />}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function layOut(ids: readonly string[], edges: readonly Edge[]): ReadonlyMap<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 22, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  dagre.layout(graph);
  return new Map(
    ids.map((id) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
    }),
  );
}
