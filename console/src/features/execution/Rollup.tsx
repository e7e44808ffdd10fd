import { memo, useDeferredValue, useMemo } from "react";
import { useReadable } from "../../bindings/useReadable";
import { useSession } from "../../bindings/useSession";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { nodeKey } from "../../core/api";
import { words } from "../../core/bidi";
import { entriesOfItems, entriesOfRows, HeadlinesSession, inOrder, insideOf, type DeckEntry } from "../../core/headlines";
import type { Item } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import type { ExecutionRoute } from "../../core/routes";
import { RefusedBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import { DeckBar } from "./DeckBar";
import { DeckSummary } from "./DeckSummary";
import "./decks.css";

interface RollupProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  /** All nodes of the execution. */
  readonly rows: readonly NodeRow[];
  readonly items: ReadonlyMap<string, readonly Item[]>;
}

const NO_ENTRIES: readonly DeckEntry[] = [];

const open = (key: string) => new HeadlinesSession(`/live/headlines/${key}`);

/** What a node holds, live: how far all are, and of each its headline, the failed and the slowest first. */
export function Rollup(props: RollupProps) {
  const { project, domain, name } = props.route;
  const session = useSession(nodeKey({ nodeId: props.row.id, executionId: { project, domain, name } }), open);
  return session ? <OpenRollup {...props} session={session} /> : <Skeleton label="Opening the Decks" lines={6} />;
}

function OpenRollup({ route, row, rows, items, session }: RollupProps & { readonly session: HeadlinesSession }) {
  const { stream, ready, decks } = useReadable(session.view);
  const entries = useMemo(() => {
    const inside = insideOf(rows, row);
    const arrays = row.holdsItems ? [row, ...inside] : inside;
    const ofItems = arrays.flatMap((each) => entriesOfItems(each, items.get(each.id) ?? [], decks));
    return inOrder([...entriesOfRows(inside, decks), ...ofItems]);
  }, [row, rows, items, decks]);
  const drawn = useDeferredValue(entries, NO_ENTRIES); // after what is around them: together they would be a long task
  return (
    <div className="rollup" data-scrolls="node">
      <RefusedBanner stream={stream} />
      <DeckBar entries={entries} size={row.tally?.size ?? 0} label={words`Progress of ${row.name}`} />
      {entries.length === 0 && ready && (
        <Empty icon="clock" title="Nothing inside has begun">
          What runs in this node appears here as it does.
        </Empty>
      )}
      <Summaries route={route} entries={drawn} ready={ready} />
    </div>
  );
}

interface SummariesProps {
  readonly route: ExecutionRoute;
  readonly entries: readonly DeckEntry[];
  readonly ready: boolean;
}

const Summaries = memo(function Summaries({ route, entries, ready }: SummariesProps) {
  const { list, style, shown } = useVirtualRows<DeckEntry, HTMLUListElement>(entries, { estimate: 66, gap: 6 });
  return (
    <ul ref={list} className="rollup-list" aria-label="Decks" style={style}>
      {shown.map(({ row: entry, attributes }) => (
        <li key={entry.id} {...attributes}>
          <DeckSummary route={route} entry={entry} ready={ready} />
        </li>
      ))}
    </ul>
  );
});
