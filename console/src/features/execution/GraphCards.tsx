/** The cards of a graph: of a node, and of a group of nodes that are called the same. */
import { Handle, Position, type Node as FlowNode, type NodeHandle, type NodeProps } from "@xyflow/react";
import type { ReactNode } from "react";
import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import type { GraphItem, GroupItem, NodeItem } from "../../core/graphItems";
import { ITEM_TONES, tallyWords, type Tally } from "../../core/items";
import { NODE_PHASES, nodeLook } from "../../core/phases";
import { placeWords } from "../../core/queue";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";
import { groupTitle, phaseCounts } from "../../core/timelineLines";
import { PhaseMark } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import { DeckButton } from "./DeckButton";
import { HEIGHT, WIDTH, type Direction, type Layout, type Point } from "./graphLayout";
import { InsideLink } from "./GraphPath";

/** What each card of a graph is told. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- the library asks for a type that can be indexed
export type CardContext = {
  readonly route: ExecutionRoute;
  readonly direction: Direction;
  /** Id of what is drawn for the node that is looked at; null: of none. */
  readonly chosen: string | null;
  readonly onUnfold: (group: string) => void;
};

export type Card =
  | FlowNode<CardContext & { readonly item: NodeItem }, "nodeCard">
  | FlowNode<CardContext & { readonly item: GroupItem }, "groupCard">;

/** The cards of what has a place: what has come since the graph was laid out has none yet. */
export function cardsOf(items: readonly GraphItem[], layout: Layout, context: CardContext): Card[] {
  return items.flatMap((item) => {
    const position = layout.places.get(item.id);
    return position ? [cardOf(item, position, context)] : [];
  });
}

/** With its size and where its edges begin and end, so that nothing needs to be measured. */
function cardOf(item: GraphItem, position: Point, context: CardContext): Card {
  const placed = {
    id: item.id,
    position,
    width: WIDTH,
    height: HEIGHT,
    measured: { width: WIDTH, height: HEIGHT },
    handles: HANDLES[context.direction],
  };
  if (item.kind === "group") return { ...placed, type: "groupCard", data: { ...context, item } };
  return { ...placed, type: "nodeCard", data: { ...context, item } };
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

export const CARD_TYPES = { nodeCard: NodeCard, groupCard: GroupCard };

interface FrameProps {
  readonly context: CardContext;
  readonly item: GraphItem;
  readonly children: ReactNode;
}

function CardFrame({ context: { direction, chosen }, item, children }: FrameProps) {
  return (
    <div className={`graph-card ${chosen === item.id ? "graph-card-chosen" : ""}`} data-kind={item.kind} data-phase={item.phase}>
      <Handle type="target" position={direction === "TB" ? Position.Top : Position.Left} isConnectable={false} />
      <PhaseMark look={item.kind === "node" ? nodeLook(item.row) : NODE_PHASES[item.phase]} />
      {children}
      <Handle type="source" position={direction === "TB" ? Position.Bottom : Position.Right} isConnectable={false} />
    </div>
  );
}

function NodeCard({ data }: NodeProps<Extract<Card, { type: "nodeCard" }>>) {
  const { route, item } = data;
  const { row } = item;
  return (
    <CardFrame context={data} item={item}>
      <Link className="graph-name" href={executionPath(nodeRoute(route, row.id))}>
        <span className="timeline-node">{row.name}</span>
        {row.condition && <span className="timeline-given">{row.condition}</span>}
        {row.tally && <CardTally tally={row.tally} />}
        <span className="timeline-id">
          {row.queued && placeWords(row.queued.ahead)}
          {!row.queued && (row.startedAt === null ? NODE_PHASES[row.phase].label : <Duration from={row.startedAt} to={row.endedAt} />)}
        </span>
      </Link>
      {row.holdsNodes && !row.isBranch && <InsideLink route={route} row={row} />}
      {row.hasDeck && <DeckButton route={route} row={row} />}
    </CardFrame>
  );
}

/** How the items of a map stand, in words and, along the card's edge, as a bar. */
function CardTally({ tally }: { readonly tally: Tally }) {
  const { size, counts } = tally;
  const text = tallyWords(tally);
  const all = Math.max(1, size ?? [...counts.values()].reduce((sum, count) => sum + count, 0));
  return (
    <>
      <span className="timeline-counts" title={text}>{text}</span>
      <span className="graph-card-bar" aria-hidden="true">
        {ITEM_TONES.map(([tone]) => (
          <span key={tone} className={`phase-${tone}`} style={{ width: `${((counts.get(tone) ?? 0) / all) * 100}%` }} />
        ))}
      </span>
    </>
  );
}

function GroupCard({ data }: NodeProps<Extract<Card, { type: "groupCard" }>>) {
  const { item, onUnfold } = data;
  const title = groupTitle(item.rows.length, item.name);
  return (
    <CardFrame context={data} item={item}>
      <button type="button" className="graph-name" title={words`Show what is inside of ${title}`} onClick={() => onUnfold(item.id)}>
        <span className="visually-hidden">Show what is inside of </span>
        <span className="timeline-node">{title}</span>
        <span className="timeline-counts">{phaseCounts(item.rows)}</span>
      </button>
    </CardFrame>
  );
}

export function nodeRoute(route: ExecutionRoute, node: string): ExecutionRoute {
  return { ...route, node, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK };
}
