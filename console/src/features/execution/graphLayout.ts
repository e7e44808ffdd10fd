/** Where the nodes of a graph lie and which way its edges take. Pure: a worker does it (`graphLayout.worker.ts`). */
import dagre from "@dagrejs/dagre";
import type { Edge } from "../../core/workflowGraph";

export const WIDTH = 272;
export const HEIGHT = 64;

/** Where the time runs: to the right, or down. */
export type Direction = "LR" | "TB";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface GraphToLayOut {
  /** Of the nodes. */
  readonly ids: readonly string[];
  readonly edges: readonly Edge[];
  readonly direction: Direction;
}

export interface Layout {
  /** Around all nodes. */
  readonly bounds: Box;
  /** Top left corners. */
  readonly places: ReadonlyMap<string, Point>;
  /** What each edge passes, around the nodes between. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
}

/** The shortest edges take dagre seconds to find among more nodes than these; nearly the shortest a tenth of that. */
const SHORTEST_EDGES_UP_TO = 200;

export function layOut({ ids, edges, direction }: GraphToLayOut): Layout {
  const graph = new dagre.graphlib.Graph();
  const ranker = ids.length > SHORTEST_EDGES_UP_TO ? "tight-tree" : "network-simplex";
  graph.setGraph({ rankdir: direction, nodesep: 22, ranksep: direction === "TB" ? 40 : 64, ranker });
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

export function edgeId({ from, to }: Edge): string {
  return `${from}-${to}`;
}

/** An edge as an SVG path: past the points of its route, leaving and arriving in the direction of time. */
export function edgePath(points: readonly Point[], direction: Direction): string {
  const [start] = points;
  if (!start) return "";
  return points.slice(1).reduce((drawn, to, index) => {
    const from = points[index] ?? to;
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const bends = direction === "TB" ? [from.x, middle.y, to.x, middle.y] : [middle.x, from.y, middle.x, to.y];
    return `${drawn} C ${bends.join(" ")} ${to.x} ${to.y}`;
  }, `M ${start.x} ${start.y}`);
}
