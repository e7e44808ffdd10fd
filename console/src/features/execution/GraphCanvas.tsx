import {
  Background,
  BaseEdge,
  Controls,
  getViewportForBounds,
  Handle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge as FlowEdge,
  type EdgeProps,
  type Node as FlowNode,
  type NodeHandle,
  type NodeProps,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useLayoutEffect, useMemo, useRef, type ReactNode } from "react";
import { Link, useRouter } from "../../bindings/router";
import { useTheme } from "../../bindings/theme";
import { useMedia } from "../../bindings/useMedia";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import { placeWords } from "../../core/queue";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { idsInside, rowsOfGraph, workflowEdges, type Edge } from "../../core/workflowGraph";
import { Empty } from "../../ui/Empty";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Skeleton } from "../../ui/Skeleton";
import { Duration } from "../../ui/Ticking";
import { useCardsInSight } from "./cardsInSight";
import { DeckButton } from "./DeckButton";
import type { GraphProps } from "./Graph";
import { edgeId, edgePath, HEIGHT, WIDTH, type Box, type Direction, type Layout, type Point } from "./graphLayout";
import { GraphOverview } from "./GraphOverview";
import { GraphPath, InsideLink } from "./GraphPath";
import { useGraphLayout } from "./useGraphLayout";

const LEAST_ZOOM = 0.1;
const FIT = { maxZoom: 1, padding: 0.15 };
/** More nodes than these are drawn as one picture, with cards where one looks closely. */
const MANY = 100;

type Line = FlowEdge<{ readonly route: readonly Point[]; readonly direction: Direction }, "line">;
type Card = FlowNode<
  { readonly route: ExecutionRoute; readonly row: NodeRow; readonly direction: Direction },
  "card"
>;

/**
 * The workflow, or what is inside of a node, as a graph. The time runs from left to right; down where the window is narrow.
 */
export default function GraphCanvas({ route, rows, compiled }: GraphProps) {
  const { inside } = route;
  const drawn = useMemo(() => rowsOfGraph(rows, inside), [rows, inside]);
  const joined = drawn.map((row) => row.id).join("\n");
  const ids = useMemo(() => joined.split("\n").filter(Boolean), [joined]);
  const edges = useMemo(() => workflowEdges(compiled, idsInside(ids, inside)), [compiled, ids, inside]);
  const direction: Direction = useMedia("(max-width: 860px)") ? "TB" : "LR";
  const layout = useGraphLayout(ids, edges, direction);
  if (!layout) return <Skeleton label="Drawing the graph" />;
  const graph = { route, rows: drawn, edges, layout, direction };
  return (
    <>
      {inside !== null && <GraphPath route={route} rows={rows} inside={inside} />}
      {inside !== null && ids.length === 0 ? (
        <Empty icon="clock" title="Nothing inside has begun">
          The nodes in it appear here as they do.
        </Empty>
      ) : (
        <ReactFlowProvider key={`${direction} ${inside ?? ""}` /* fitted to the window anew */}>
          {ids.length > MANY ? <LargeGraph {...graph} ids={ids} /> : <SmallGraph {...graph} />}
        </ReactFlowProvider>
      )}
    </>
  );
}

interface LaidOut {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  readonly edges: readonly Edge[];
  readonly layout: Layout;
  readonly direction: Direction;
}

function SmallGraph({ route, rows, edges, layout, direction }: LaidOut) {
  const nodes = useMemo(() => cardsOf(route, rows, layout, direction), [route, rows, layout, direction]);
  const lines = useMemo(() => linesOf(edges, rows, layout, direction), [edges, rows, layout, direction]);
  return <Flow layout={layout} nodes={nodes} lines={lines} />;
}

const NO_LINES: Line[] = [];

function LargeGraph({ route, rows, ids, layout, direction }: LaidOut & { readonly ids: readonly string[] }) {
  const { go } = useRouter();
  const { screenToFlowPosition } = useReactFlow();
  const drawn = useCardsInSight(layout, ids);
  const byId = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows]);
  const nodes = useMemo(
    () => cardsOf(route, drawn.flatMap((id) => byId.get(id) ?? []), layout, direction),
    [route, drawn, byId, layout, direction],
  );
  const open = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }) => {
    const node = nodeAt(layout, screenToFlowPosition({ x: clientX, y: clientY }));
    if (node !== null) go(executionPath(nodeRoute(route, node)));
  };
  return (
    <Flow layout={layout} nodes={nodes} lines={NO_LINES} onClick={open}>
      <GraphOverview layout={layout} rows={rows} chosen={route.node} direction={direction} />
    </Flow>
  );
}

interface FlowProps {
  readonly layout: Layout;
  readonly nodes: Card[];
  readonly lines: Line[];
  /** A click beside all cards. */
  readonly onClick?: (event: React.MouseEvent) => void;
  readonly children?: ReactNode;
}

function Flow({ layout, nodes, lines, onClick, children }: FlowProps) {
  const { dark } = useTheme();
  const canvas = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  const keep = (place: boolean) => {
    moved.current = place; // the buttons move it without an event
  };
  return (
    <div ref={canvas} className="graph" role="group" aria-label="Graph of the workflow">
      <ReactFlow
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
        {...(onClick && { onPaneClick: onClick })}
        onMove={(event) => {
          if (event) moved.current = true; // none: it was moved by the page
        }}
      >
        <FitToWindow canvas={canvas} moved={moved} bounds={layout.bounds} />
        <Background gap={18} size={1} />
        {children}
        <Controls
          showInteractive={false}
          fitViewOptions={FIT}
          onZoomIn={() => keep(true)}
          onZoomOut={() => keep(true)}
          onFitView={() => keep(false)}
        />
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

/** Nodes of the graph that have a place: those that have come since it was laid out have none yet. */
function cardsOf(route: ExecutionRoute, rows: readonly NodeRow[], layout: Layout, direction: Direction): Card[] {
  return rows.flatMap((row) => {
    const position = layout.places.get(row.id);
    return position ? [cardOf(route, row, position, direction)] : [];
  });
}

/** A node of the graph. With its size and where its edges begin and end, so that nothing needs to be measured. */
function cardOf(route: ExecutionRoute, row: NodeRow, position: Point, direction: Direction): Card {
  return {
    id: row.id,
    type: "card",
    position,
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
  const path = edgePath(points, data?.direction ?? "LR");
  return <BaseEdge path={path} />;
}

function CardNode({ data: { route, row, direction } }: NodeProps<Card>) {
  const look = NODE_PHASES[row.phase];
  return (
    <div className={`graph-card ${route.node === row.id ? "graph-card-chosen" : ""}`} data-phase={row.phase}>
      <Handle type="target" position={direction === "TB" ? Position.Top : Position.Left} isConnectable={false} />
      <PhaseMark look={look} />
      <Link className="graph-name" href={executionPath(nodeRoute(route, row.id))}>
        <span className="timeline-node">{row.name}</span>
        {row.condition && <span className="timeline-given">{row.condition}</span>}
        <span className="timeline-id">
          {row.queued && placeWords(row.queued.ahead)}
          {!row.queued && (row.startedAt === null ? look.label : <Duration from={row.startedAt} to={row.endedAt} />)}
        </span>
      </Link>
      {row.holdsNodes && !row.isBranch && <InsideLink route={route} row={row} />}
      {row.hasDeck && <DeckButton route={route} row={row} />}
      <Handle type="source" position={direction === "TB" ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}

function nodeRoute(route: ExecutionRoute, node: string): ExecutionRoute {
  return { ...route, node, view: null, attempt: null, tab: null };
}

function nodeAt({ places }: Layout, { x, y }: Point): string | null {
  for (const [id, place] of places) {
    if (x >= place.x && x <= place.x + WIDTH && y >= place.y && y <= place.y + HEIGHT) return id;
  }
  return null;
}
