/** Nodes and edges of a very large graph, drawn as one picture: elements for all of them would take seconds to make. */
import { useStore } from "@xyflow/react";
import { useLayoutEffect, useMemo, useRef } from "react";
import { useTheme } from "../../bindings/theme";
import { words } from "../../core/bidi";
import { countNodes, type GraphItem } from "../../core/graphItems";
import { formatNumber } from "../../core/numerals";
import { NODE_PHASES } from "../../core/phases";
import { edgePath, HEIGHT, WIDTH, type Direction, type Layout } from "./graphLayout";

interface GraphOverviewProps {
  readonly layout: Layout;
  readonly items: readonly GraphItem[];
  readonly chosen: string | null;
  readonly direction: Direction;
}

export function GraphOverview({ layout, items, chosen, direction }: GraphOverviewProps) {
  const { dark } = useTheme();
  const [x, y, zoom] = useStore(({ transform }) => transform);
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  const canvas = useRef<HTMLCanvasElement>(null);
  const edges = useMemo(
    () => new Path2D([...layout.routes.values()].map((points) => edgePath(points, direction)).join(" ")),
    [layout, direction],
  );
  const nodes = useMemo(() => [...nodesByTone(layout, items)], [layout, items]);
  useLayoutEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    const scale = window.devicePixelRatio;
    pen.canvas.width = width * scale;
    pen.canvas.height = height * scale;
    pen.setTransform(zoom * scale, 0, 0, zoom * scale, x * scale, y * scale);
    const style = getComputedStyle(pen.canvas);
    const colour = (token: string) => style.getPropertyValue(token);
    pen.lineWidth = Math.max(1, 0.6 / zoom);
    pen.strokeStyle = colour("--ld-line-strong");
    pen.stroke(edges);
    for (const [tone, path] of nodes) {
      pen.fillStyle = colour(TONES[tone]);
      pen.fill(path);
    }
    const place = chosen === null ? undefined : layout.places.get(chosen);
    if (!place) return;
    pen.lineWidth = 3 / zoom;
    pen.strokeStyle = colour("--ld-accent");
    pen.strokeRect(place.x, place.y, WIDTH, HEIGHT);
  }, [edges, nodes, layout, chosen, x, y, zoom, width, height, dark]);
  return <canvas ref={canvas} className="graph-overview" role="img" aria-label={words`${formatNumber(countNodes(items))} nodes; zoom in to read them`} />;
}

type Tone = (typeof NODE_PHASES)[keyof typeof NODE_PHASES]["tone"];

const TONES: Readonly<Record<Tone, string>> = {
  good: "--ld-good",
  bad: "--ld-bad",
  warn: "--ld-warn",
  running: "--running",
  waiting: "--waiting",
  quiet: "--ld-line-strong",
};

function nodesByTone(layout: Layout, items: readonly GraphItem[]): ReadonlyMap<Tone, Path2D> {
  const paths = new Map<Tone, Path2D>();
  for (const { id, phase } of items) {
    const place = layout.places.get(id);
    if (!place) continue;
    const { tone } = NODE_PHASES[phase];
    const path = paths.get(tone) ?? new Path2D();
    paths.set(tone, path);
    path.roundRect(place.x, place.y, WIDTH, HEIGHT, 10);
  }
  return paths;
}
