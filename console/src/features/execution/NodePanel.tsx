import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useRouter } from "../../bindings/router";
import { getNode } from "../../core/api";
import { words } from "../../core/bidi";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import type { Item } from "../../core/items";
import { childrenOf, type NodeRow } from "../../core/nodeTree";
import { attemptLook, NODE_PHASES, nodeLook } from "../../core/phases";
import { queuedWords } from "../../core/queue";
import { parseRank, ranksOf, rankShown } from "../../core/ranks";
import { executionPath, type ExecutionRoute, type NodeView, UNTOUCHED_DECK } from "../../core/routes";
import { Empty } from "../../ui/Empty";
import { Icon } from "../../ui/icons";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Skeleton } from "../../ui/Skeleton";
import { Tabs } from "../../ui/Tabs";
import { Duration } from "../../ui/Ticking";
import { Attempts } from "./Attempts";
import { ChildExecution } from "./ChildExecution";
import { ErrorText } from "./ErrorText";
import { GatePanel } from "./GatePanel";
import { InsideLink } from "./GraphPath";
import { ImageNote } from "./ImageNote";
import { Items } from "./Items";
import { Rollup } from "./Rollup";
import type { ExecutionPanels } from "./ExecutionPage";

interface NodePanelProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  /** All nodes of the execution. */
  readonly rows: readonly NodeRow[];
  /** What has begun of the items of array nodes. */
  readonly items: ReadonlyMap<string, readonly Item[]>;
  readonly panels: ExecutionPanels;
}

const LABELS: Readonly<Record<NodeView, string>> = {
  nodes: "Nodes",
  gate: "Waits for",
  items: "Items",
  rollup: "Decks",
  deck: "Deck",
  log: "Log",
  inputs: "Inputs",
  outputs: "Outputs",
  error: "Error",
  attempts: "Attempts",
};

/** One node: its Deck, log, data, error and attempts. */
export function NodePanel({ route, row, rows, items, panels }: NodePanelProps) {
  const views = viewsOf(row);
  const unchosen = useUnchosenView(row);
  const view = views.find((one) => one === route.view) ?? unchosen;
  const tabs = views.map((id) => ({ id, label: LABELS[id], href: executionPath({ ...route, view: id }) }));
  return (
    <section className="node-panel" aria-label={words`Node ${row.name}`}>
      <div className="node-top">
        <header className="node-header">
          <Link className="icon-button node-back" href={executionPath({ ...route, node: null, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK })} aria-label="Close the node" title="Close the node">
            <Icon name="close" />
          </Link>
          <h2 title={row.id}>{row.name}</h2>
          {row.item !== null && <ItemOf route={route} row={row} />}
          {row.child && <ChildExecution id={row.child} />}
          <PhaseBadge look={nodeLook(row)} />
          <span className="node-duration">
            {row.queued ? queuedWords(row.queued) : <Duration from={row.startedAt} to={row.endedAt} />}
          </span>
          <span className="node-selects">
            <RankSelect route={route} row={row} view={view} />
            {row.attempts.length > 1 && <AttemptSelect route={route} row={row} />}
          </span>
        </header>
        <Tabs label="Node" tabs={tabs} chosen={view} />
      </div>
      <div className="node-body" role="tabpanel" aria-label={LABELS[view]}>
        <NodeBody route={route} row={row} rows={rows} items={items} panels={panels} view={view} />
      </div>
    </section>
  );
}

/** The way back to the array node that an item belongs to. */
function ItemOf({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const array = row.id.slice(0, row.id.lastIndexOf(":"));
  return (
    <Link className="text-link" href={executionPath({ ...route, node: array, view: "items", attempt: null, rank: null, ...UNTOUCHED_DECK })}>
      All items
    </Link>
  );
}

function viewsOf(row: NodeRow): readonly NodeView[] {
  const failed = row.item === null ? hasError(row) : NODE_PHASES[row.phase].tone === "bad";
  return shownOf(row).filter((view) => view !== "error" || failed);
}

function hasError({ node, attempts }: NodeRow): boolean {
  return node?.closure?.error !== undefined || attempts.some(({ closure }) => closure?.error);
}

function shownOf(row: NodeRow): readonly NodeView[] {
  if (row.holdsItems) return ["items", "rollup", "inputs", "outputs", "error"];
  // A dynamic task has run itself, and said what runs inside.
  if (row.holdsNodes && row.attempts.length > 0) return ["nodes", "rollup", "deck", "log", "inputs", "outputs", "error", "attempts"];
  if (row.holdsNodes) return ["nodes", "rollup", "inputs", "outputs", "error"];
  if (row.gate) return ["gate", "inputs", "outputs", "error"];
  if (row.startsExecution) return ["inputs", "outputs", "error"];
  return ["deck", "log", "inputs", "outputs", "error", "attempts"];
}

function defaultView(row: NodeRow): NodeView {
  if (row.holdsItems) return "items";
  if (row.holdsNodes) return "nodes";
  if (row.gate) return "gate";
  if (row.startsExecution) return "inputs";
  return row.hasDeck || !row.node ? "deck" : "log";
}

/** The view of a node where none was chosen. Who reads the log of a task that runs is left there when a Deck appears. */
function useUnchosenView(row: NodeRow): NodeView {
  const [reading, setReading] = useState<string | null>(null);
  const view = defaultView(row);
  if (view === "log" && row.phase !== "QUEUED" && reading !== row.id) setReading(row.id);
  return view === "deck" && row.node && reading === row.id ? "log" : view;
}

function NodeBody({ route, row, rows, items, panels, view }: NodePanelProps & { readonly view: NodeView }) {
  switch (view) {
    case "nodes":
      return <InnerNodes route={route} parent={row} rows={childrenOf(rows, row)} />;
    case "gate":
      return row.gate && <GatePanel id={route} row={row} gate={row.gate} inputs={panels.nodeData(route, row, "inputs")} />;
    case "items":
      return <Items route={route} row={row} items={items.get(row.id) ?? []} />;
    case "rollup":
      return <Rollup route={route} row={row} rows={rows} items={items} />;
    case "deck":
      return panels.deck(route, row);
    case "log":
      return panels.log(route, row);
    case "inputs":
    case "outputs":
      return panels.nodeData(route, row, view);
    case "error":
      return (
        <>
          {row.item === null ? <NodeError route={route} row={row} /> : <ItemError route={route} row={row} />}
          <ImageNote image={row.image} />
        </>
      );
    case "attempts":
      return (
        <>
          <Attempts route={route} row={row} />
          <ImageNote image={row.image} />
        </>
      );
  }
}

interface InnerNodesProps {
  readonly route: ExecutionRoute;
  readonly parent: NodeRow;
  readonly rows: readonly NodeRow[];
}

/** What runs inside of the node. */
function InnerNodes({ route, parent, rows }: InnerNodesProps) {
  const { list, style, shown } = useVirtualRows<NodeRow, HTMLUListElement>(rows, { estimate: 24, gap: 8 });
  if (rows.length === 0) {
    return (
      <Empty icon="clock" title="Nothing inside has begun">
        The nodes in it appear here as they do.
      </Empty>
    );
  }
  return (
    <div className="inner-nodes" data-scrolls="node">
      {!parent.isBranch && <InsideLink route={route} row={parent} />}
      <ul ref={list} aria-label="Nodes inside" style={style}>
        {shown.map(({ row, attributes }) => (
          <li key={row.id} {...attributes}>
            <Link className="text-link" href={executionPath({ ...route, node: row.id, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK })}>
              {row.name}
            </Link>
            <InnerWords row={row} />
            <PhaseBadge look={nodeLook(row)} />
            <span className="soft">
              <Duration from={row.startedAt} to={row.endedAt} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What tells a node from others of its name: its condition or inputs, or the execution that it has started. */
function InnerWords({ row: { condition, given, child } }: { readonly row: NodeRow }) {
  const words = condition || given;
  if (!words && !child) return null;
  return (
    <span className="timeline-given">
      {words} {child && <ChildExecution id={child} />}
    </span>
  );
}

function NodeError({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const attempt = row.attempts.find((one) => (one.id.retryAttempt ?? 0) === route.attempt);
  const error = attempt?.closure?.error ?? row.node?.closure?.error ?? row.attempts.at(-1)?.closure?.error;
  return error ? <ErrorText error={error} /> : <Empty icon="check" title="No error" />;
}

/** The error of an item, which is not among what the page is told of thousands of them. */
function ItemError({ route: { project, domain, name }, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const id = { nodeId: row.id, executionId: { project, domain, name } };
  const found = useQuery({ queryKey: ["item", id, row.attempts.length], queryFn: ({ signal }) => getNode(id, signal) });
  if (found.isPending) return <Skeleton label="Loading the error" />;
  const error = found.data?.closure?.error;
  return error ? <ErrorText error={error} /> : <Empty icon="check" title="No error">{found.error?.message}</Empty>;
}

/** Whose Deck or log is shown, of a task that runs as several processes. */
function RankSelect({ route, row, view }: { readonly route: ExecutionRoute; readonly row: NodeRow; readonly view: NodeView }) {
  const { go } = useRouter();
  const ranks = ranksOf(row.attempts, route.attempt);
  if (!ranks || (view !== "log" && (view !== "deck" || !row.hasDeck))) return null;
  return (
    <select
      className="attempt-select"
      aria-label="Rank"
      value={String(rankShown(ranks, route.rank, view))}
      onChange={({ target }) => go(executionPath({ ...route, rank: parseRank(target.value), ...UNTOUCHED_DECK }))}
    >
      {view === "deck" && ranks.decks && <option value="all">All ranks</option>}
      {Array.from({ length: ranks.count }, (_, rank) => (
        <option key={rank} value={rank}>
          {`Rank ${rank} of ${ranks.count}`}
        </option>
      ))}
    </select>
  );
}

function AttemptSelect({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const { go } = useRouter();
  return (
    <select
      className="attempt-select"
      aria-label="Attempt"
      value={route.attempt ?? ""}
      onChange={({ target }) => go(executionPath({ ...route, attempt: target.value === "" ? null : Number(target.value) }))}
    >
      <option value="">Latest attempt</option>
      {row.attempts.map((one) => {
        const attempt = one.id.retryAttempt ?? 0;
        return (
          <option key={attempt} value={attempt}>
            {`Attempt ${attempt + 1} of ${row.attempts.length}: ${attemptLook(one, row.attempts).label}`}
          </option>
        );
      })}
    </select>
  );
}
