import dagre from "@dagrejs/dagre";
import {
  Background,
  BaseEdge,
  Controls,
  getViewportForBounds,
  Handle,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
  type Edge as FlowEdge,
  type EdgeProps,
  type Node as FlowNode,
  type NodeHandle,
  type NodeProps,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useLayoutEffect, useMemo, useRef } from "react";
import { Link } from "../../bindings/router";
import { useTheme } from "../../bindings/theme";
import { useMedia } from "../../bindings/useMedia";
import { graphNodes, type NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import { placeWords } from "../../core/queue";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { workflowEdges, type Edge } from "../../core/workflowGraph";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import { DeckButton } from "./DeckButton";
import type { GraphProps } from "./Graph";

const WIDTH = 272;
const HEIGHT = 64;
const LEAST_ZOOM = 0.1;
const FIT = { maxZoom: 1, padding: 0.15 };

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

interface Layout {
  /** Around all nodes. */
  readonly bounds: Box;
  /** Top left corners. */
  readonly places: ReadonlyMap<string, Point>;
  /** What each edge passes, around the nodes between. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
}

/** Where the time runs: to the right, or down. */
type Direction = "LR" | "TB";

type Line = FlowEdge<{ readonly route: readonly Point[]; readonly direction: Direction }, "line">;
type Card = FlowNode<
  { readonly route: ExecutionRoute; readonly row: NodeRow; readonly direction: Direction },
  "card"
>;

/** The workflow as a graph, the time running from left to right; down where the window is narrow. */
export default function GraphCanvas({ route, rows, workflow }: GraphProps) {
  const { dark } = useTheme();
  const canvas = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  const edges = useMemo(() => workflowEdges(workflow), [workflow]);
  const drawn = useMemo(() => new Set(graphNodes(workflow).map(({ id }) => id)), [workflow]);
  const top = useMemo(() => rows.filter((row) => row.depth === 0 || drawn.has(row.id)), [rows, drawn]);
  const ids = top.map((row) => row.id).join("\n");
  const direction: Direction = useMedia("(max-width: 860px)") ? "TB" : "LR";
  const layout = useMemo(
    () => layOut(ids.split("\n").filter(Boolean), edges, direction),
    [ids, edges, direction],
  );
  const nodes = useMemo(() => top.map((row) => cardOf(route, row, layout, direction)), [route, top, layout, direction]);
  const lines = useMemo(() => linesOf(edges, top, layout, direction), [edges, top, layout, direction]);
  return (
    <div ref={canvas} className="graph" role="group" aria-label="Graph of the workflow">
      <ReactFlow
        key={direction} // fitted to the window anew
        nodes={nodes}
        edges={lines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={dark ? "dark" : "light"}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        minZoom={LEAST_ZOOM}
        maxZoom={1.5}
        onMoveStart={(event) => {
          if (event) moved.current = true; // none: it was moved by the page
        }}
      >
        <FitToWindow canvas={canvas} moved={moved} bounds={layout.bounds} />
        <Background gap={18} size={1} />
        <Controls showInteractive={false} fitViewOptions={FIT} />
      </ReactFlow>
    </div>
  );
}

interface FitToWindowProps {
  readonly canvas: React.RefObject<HTMLElement | null>;
  readonly moved: React.RefObject<boolean>;
  readonly bounds: Box;
}

/**
 * Keeps all of the graph in sight when the window or the graph changes, until the viewer moves it: then it is theirs.
 *
 * What the library itself offers (`fitView`) waits for another frame and for the library to have measured the nodes,
 * which it forgets whenever they change: it may come late, or see another size. Here all of it is known.
 */
function FitToWindow({ canvas, moved, bounds }: FitToWindowProps) {
  const { setViewport, viewportInitialized } = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  useLayoutEffect(() => {
    if (!viewportInitialized || width === 0 || height === 0) return;
    if (!moved.current) void setViewport(getViewportForBounds(bounds, width, height, LEAST_ZOOM, FIT.maxZoom, FIT.padding));
    canvas.current?.setAttribute("data-fitted", "");
  }, [canvas, setViewport, viewportInitialized, moved, bounds, width, height]);
  return null;
}

/** A node of the graph. With its size and where its edges begin and end, so that nothing needs to be measured. */
function cardOf(route: ExecutionRoute, row: NodeRow, layout: Layout, direction: Direction): Card {
  return {
    id: row.id,
    type: "card",
    position: layout.places.get(row.id) ?? { x: 0, y: 0 },
    width: WIDTH,
    height: HEIGHT,
    measured: { width: WIDTH, height: HEIGHT },
    handles: HANDLES[direction],
    data: { route, row, direction },
  };
}

function linesOf(edges: readonly Edge[], rows: readonly NodeRow[], layout: Layout, direction: Direction): Line[] {
  const skipped = new Set(rows.filter((row) => row.phase === "SKIPPED").map((row) => row.id));
  const running = new Set(rows.filter((row) => !NODE_PHASES[row.phase].terminal && row.node).map((row) => row.id));
  return edges.map(({ from, to }) => ({
    id: edgeId({ from, to }),
    type: "line",
    data: { route: layout.routes.get(edgeId({ from, to })) ?? [], direction },
    source: from,
    target: to,
    animated: running.has(to),
    className: skipped.has(to) || skipped.has(from) ? "graph-line-skipped" : "",
  }));
}

/** Where edges end, the same as the library finds once it has measured them: in the middle of a card's sides. */
const POINT = { x: (WIDTH - 1) / 2, y: (HEIGHT - 1) / 2, width: 1, height: 1 };
const HANDLES: Readonly<Record<Direction, NodeHandle[]>> = {
  LR: [
    { ...POINT, type: "target", position: Position.Left, x: -0.5 },
    { ...POINT, type: "source", position: Position.Right, x: WIDTH - 0.5 },
  ],
  TB: [
    { ...POINT, type: "target", position: Position.Top, y: -0.5 },
    { ...POINT, type: "source", position: Position.Bottom, y: HEIGHT - 0.5 },
  ],
};
const NODE_TYPES = { card: CardNode };
const EDGE_TYPES = { line: LineEdge };

/** From handle to handle past what the layout says, leaving and arriving in the direction of time. */
function LineEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<Line>) {
  const inner = (data?.route ?? []).slice(1, -1);
  const points = [{ x: sourceX, y: sourceY }, ...inner, { x: targetX, y: targetY }];
  const path = points.slice(1).reduce((drawn, to, index) => {
    const from = points[index] ?? to;
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const bends = data?.direction === "TB" ? [from.x, middle.y, to.x, middle.y] : [middle.x, from.y, middle.x, to.y];
    return `${drawn} C ${bends.join(" ")} ${to.x} ${to.y}`;
  }, `M ${sourceX} ${sourceY}`);
  return <BaseEdge path={path} />;
}

function CardNode({ data: { route, row, direction } }: NodeProps<Card>) {
  const look = NODE_PHASES[row.phase];
  return (
    <div className={`graph-card ${route.node === row.id ? "graph-card-chosen" : ""}`} data-phase={row.phase}>
      <Handle type="target" position={direction === "TB" ? Position.Top : Position.Left} isConnectable={false} />
      <PhaseMark look={look} />
      <Link className="graph-name" href={executionPath({ ...route, node: row.id, view: null, attempt: null, tab: null })}>
        <span className="timeline-node">{row.name}</span>
        {row.condition && <span className="timeline-given">{row.condition}</span>}
        <span className="timeline-id">
          {row.queued && placeWords(row.queued.ahead)}
          {!row.queued && (row.startedAt === null ? look.label : <Duration from={row.startedAt} to={row.endedAt} />)}
        </span>
      </Link>
      {row.hasDeck && <DeckButton route={route} row={row} />}
      <Handle type="source" position={direction === "TB" ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}

function layOut(ids: readonly string[], edges: readonly Edge[], direction: Direction): Layout {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: direction, nodesep: 22, ranksep: direction === "TB" ? 40 : 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  const drawn = edges.filter(({ from, to }) => graph.hasNode(from) && graph.hasNode(to));
  for (const { from, to } of drawn) graph.setEdge(from, to);
  dagre.layout(graph);
  const corner = ({ x, y }: Point) => ({ x: x - WIDTH / 2, y: y - HEIGHT / 2 });
  const places = new Map(ids.map((id) => [id, corner(graph.node(id) as Point)]));
  return {
    bounds: boundsOf([...places.values()]),
    places,
    routes: new Map(
      drawn.map((edge) => [edgeId(edge), (graph.edge(edge.from, edge.to) as { points: Point[] }).points]),
    ),
  };
}

function boundsOf(corners: readonly Point[]): Box {
  const [left, top] = [Math.min(...corners.map(({ x }) => x)), Math.min(...corners.map(({ y }) => y))];
  const [right, bottom] = [Math.max(...corners.map(({ x }) => x)), Math.max(...corners.map(({ y }) => y))];
  if (corners.length === 0) return { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  return { x: left, y: top, width: right - left + WIDTH, height: bottom - top + HEIGHT };
}

function edgeId({ from, to }: Edge): string {
  return `${from}-${to}`;
}
