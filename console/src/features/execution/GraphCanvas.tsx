import {
  Background,
  BaseEdge,
  Controls,
  getViewportForBounds,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge as FlowEdge,
  type EdgeProps,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useCallback, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useRouter } from "../../bindings/router";
import { useTheme } from "../../bindings/theme";
import { useMedia } from "../../bindings/useMedia";
import { fold, graphItems, type GraphItem } from "../../core/graphItems";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import { executionPath } from "../../core/routes";
import { idsInside, rowsOfGraph, workflowEdges, type Edge } from "../../core/workflowGraph";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import { useCardsInSight } from "./cardsInSight";
import type { GraphProps } from "./Graph";
import { CARD_TYPES, cardsOf, nodeRoute, type Card, type CardContext } from "./GraphCards";
import { edgeId, edgePath, HEIGHT, WIDTH, type Box, type Direction, type Layout, type Point } from "./graphLayout";
import { GraphOverview } from "./GraphOverview";
import { FoldButtons, GraphPath } from "./GraphPath";
import { useGraphLayout } from "./useGraphLayout";

const LEAST_ZOOM = 0.1;
const FIT = { maxZoom: 1, padding: 0.15 };
/** More nodes than these are drawn as one picture, with cards where one looks closely. */
const MANY = 100;

type Line = FlowEdge<{ readonly route: readonly Point[]; readonly direction: Direction }, "line">;

const NOTHING_UNFOLDED: ReadonlySet<string> = new Set();

/**
 * The workflow, or what is inside of a node, as a graph. The time runs from left to right; down where the window is narrow.
 */
export default function GraphCanvas({ route, rows, compiled }: GraphProps) {
  const { inside } = route;
  const drawn = useMemo(() => rowsOfGraph(rows, inside), [rows, inside]);
  const [unfolded, setUnfolded] = useState(NOTHING_UNFOLDED);
  const folding = useFolding(drawn, compiled, inside, unfolded);
  const items = useMemo(() => graphItems(drawn, folding), [drawn, folding]);
  const direction: Direction = useMedia("(max-width: 860px)") ? "TB" : "LR";
  const layout = useGraphLayout(folding.ids, folding.edges, direction);
  const unfold = useCallback((group: string) => setUnfolded((before) => new Set([...before, group])), []);
  const chosen = route.node === null ? null : (folding.groupOf.get(route.node) ?? route.node);
  const context = useMemo(() => ({ route, direction, chosen, onUnfold: unfold }), [route, direction, chosen, unfold]);
  if (!layout) return <Skeleton label="Drawing the graph" />;
  const graph = { items, edges: folding.edges, layout, context };
  const open = folding.groups.filter(({ id }) => unfolded.has(id));
  return (
    <>
      {inside !== null && <GraphPath route={route} rows={rows} inside={inside} />}
      {open.length > 0 && <FoldButtons groups={open} onFold={(group) => setUnfolded(without(unfolded, group))} />}
      {inside !== null && folding.ids.length === 0 ? (
        <Empty icon="clock" title="Nothing inside has begun">
          The nodes in it appear here as they do.
        </Empty>
      ) : (
        <ReactFlowProvider key={direction /* fitted to the window anew */}>
          {folding.ids.length > MANY ? <LargeGraph {...graph} ids={folding.ids} /> : <SmallGraph {...graph} />}
        </ReactFlowProvider>
      )}
    </>
  );
}

/** How the nodes are folded: the same again while only their phases change, for the graph is laid out by it. */
function useFolding(rows: readonly NodeRow[], compiled: GraphProps["compiled"], inside: string | null, unfolded: ReadonlySet<string>) {
  const joined = JSON.stringify(rows.map(({ id, name, condition }) => ({ id, name, condition })));
  const nodes = useMemo(() => JSON.parse(joined) as Pick<NodeRow, "id" | "name" | "condition">[], [joined]);
  const edges = useMemo(() => workflowEdges(compiled, idsInside(nodes.map(({ id }) => id), inside)), [compiled, nodes, inside]);
  return useMemo(() => fold(nodes, edges, unfolded), [nodes, edges, unfolded]);
}

function without(groups: ReadonlySet<string>, group: string): ReadonlySet<string> {
  return new Set([...groups].filter((each) => each !== group));
}

interface LaidOut {
  readonly items: readonly GraphItem[];
  readonly edges: readonly Edge[];
  readonly layout: Layout;
  readonly context: CardContext;
}

function SmallGraph({ items, edges, layout, context }: LaidOut) {
  const nodes = useMemo(() => cardsOf(items, layout, context), [items, layout, context]);
  const lines = useMemo(() => linesOf(edges, items, layout, context.direction), [edges, items, layout, context.direction]);
  return <Flow layout={layout} nodes={nodes} lines={lines} />;
}

const NO_LINES: Line[] = [];

function LargeGraph({ items, ids, layout, context }: LaidOut & { readonly ids: readonly string[] }) {
  const { route, direction, chosen, onUnfold } = context;
  const { go } = useRouter();
  const { screenToFlowPosition } = useReactFlow();
  const drawn = useCardsInSight(layout, ids);
  const byId = useMemo(() => new Map(items.map((item) => [item.id, item])), [items]);
  const nodes = useMemo(
    () => cardsOf(drawn.flatMap((id) => byId.get(id) ?? []), layout, context),
    [drawn, byId, layout, context],
  );
  const open = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }) => {
    const id = itemAt(layout, screenToFlowPosition({ x: clientX, y: clientY }));
    if (id === null) return;
    if (byId.get(id)?.kind === "group") onUnfold(id);
    else go(executionPath(nodeRoute(route, id)));
  };
  return (
    <Flow layout={layout} nodes={nodes} lines={NO_LINES} onClick={open}>
      <GraphOverview layout={layout} items={items} chosen={chosen} direction={direction} />
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
        nodeTypes={CARD_TYPES}
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

function linesOf(edges: readonly Edge[], items: readonly GraphItem[], layout: Layout, direction: Direction): Line[] {
  const skipped = new Set(items.filter(({ phase }) => phase === "SKIPPED").map(({ id }) => id));
  const running = new Set(items.filter((item) => !NODE_PHASES[item.phase].terminal && hasBegun(item)).map(({ id }) => id));
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

function hasBegun(item: GraphItem): boolean {
  return item.kind === "group" ? item.rows.some(({ node }) => node !== null) : item.row.node !== null;
}

const EDGE_TYPES = { line: LineEdge };

/** From handle to handle past what the layout says, leaving and arriving in the direction of time. */
function LineEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<Line>) {
  const inner = (data?.route ?? []).slice(1, -1);
  const points = [{ x: sourceX, y: sourceY }, ...inner, { x: targetX, y: targetY }];
  const path = edgePath(points, data?.direction ?? "LR");
  return <BaseEdge path={path} />;
}

function itemAt({ places }: Layout, { x, y }: Point): string | null {
  for (const [id, place] of places) {
    if (x >= place.x && x <= place.x + WIDTH && y >= place.y && y <= place.y + HEIGHT) return id;
  }
  return null;
}
