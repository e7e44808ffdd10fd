import { memo, useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link } from "../../bindings/router";
import { useReadable } from "../../bindings/useReadable";
import { useSession } from "../../bindings/useSession";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { executionKey } from "../../core/api";
import { entriesOfItems, entriesOfRows, GROUPS, HeadlinesSession, inOrder, type DeckEntry } from "../../core/headlines";
import type { Item } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import { formatNumber } from "../../core/numerals";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";
import { RefusedBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import { DeckBar } from "./DeckBar";
import { DeckSummary } from "./DeckSummary";
import "./decks.css";

interface WallProps {
  readonly route: ExecutionRoute;
  readonly rows: readonly NodeRow[];
  readonly items: ReadonlyMap<string, readonly Item[]>;
}

/** Pixels that a Deck takes at least. */
const CARD = 300;
/** Lines drawn above and below those in sight: each has several Decks. */
const MARGIN = 4;
/** Decks that are put into the page within one frame. */
const EACH_FRAME = 12;

const NO_ENTRIES: readonly DeckEntry[] = [];

const open = (key: string) => new HeadlinesSession(`/live/headlines/${key}`);

/** All Decks of an execution side by side: failed, behind, live, done. */
export function Wall(props: WallProps) {
  const session = useSession(executionKey(props.route), open);
  return session ? <OpenWall {...props} session={session} /> : <Skeleton label="Opening the Decks" lines={6} />;
}

function OpenWall({ route, rows, items, session }: WallProps & { readonly session: HeadlinesSession }) {
  const { stream, ready, decks } = useReadable(session.view);
  const entries = useMemo(() => {
    const all = rows.flatMap((row) => entriesOfItems(row, items.get(row.id) ?? [], decks));
    return inOrder([...entriesOfRows(rows, decks), ...all].filter(({ headline }) => headline !== null));
  }, [rows, items, decks]);
  const drawn = useDeferredValue(entries, NO_ENTRIES); // after what is around them: together they would be a long task
  return (
    <div className="wall">
      <RefusedBanner stream={stream} />
      <div className="wall-head">
        {ready ? (
          <DeckBar entries={entries} size={0} label="Progress of all tasks that have Decks" />
        ) : (
          <div className="deck-bar">
            <div className="deck-bar-words">{stream.status !== "refused" && "Reading the Decks …"}</div>
            <div className="deck-bar-track" />
          </div>
        )}
        <Link className="text-link" href={executionPath({ ...route, run: "shared", ...UNTOUCHED_DECK })}>
          Shared Deck
        </Link>
      </div>
      {entries.length === 0 && ready && (
        <Empty icon="deck" title="No Deck yet">
          The Decks of all tasks appear here as they are published.
        </Empty>
      )}
      <Cards route={route} entries={drawn} />
    </div>
  );
}

/** A line of the wall: the heading of a group, or as many Decks as there is room for. */
interface WallLine {
  readonly id: string;
  readonly heading: string | null;
  readonly entries: readonly DeckEntry[];
}

const Cards = memo(function Cards({ route, entries }: { readonly route: ExecutionRoute; readonly entries: readonly DeckEntry[] }) {
  const outer = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = outer.current;
    if (!element) return undefined;
    const measure = () => setColumns(Math.max(1, Math.floor(element.clientWidth / CARD)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const lines = useMemo(() => inLines(entries, columns), [entries, columns]);
  const { list, style, shown } = useVirtualRows<WallLine, HTMLDivElement>(lines, {
    estimate: 120,
    gap: 10,
    margin: MARGIN,
    eachFrame: Math.ceil(EACH_FRAME / columns),
  });
  return (
    <div ref={outer}>
      <div ref={list} className="wall-lines" style={style}>
        {shown.map(({ row: line, attributes }) => (
          <div key={line.id} ref={attributes.ref} data-index={attributes["data-index"]}>
            {line.heading === null ? (
              <div className="wall-line" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
                {line.entries.map((entry) => (
                  <DeckSummary key={entry.id} route={route} entry={entry} ready />
                ))}
              </div>
            ) : (
              <h2 className="wall-heading">{line.heading}</h2>
            )}
          </div>
        ))}
      </div>
    </div>
  );
});

function inLines(entries: readonly DeckEntry[], columns: number): readonly WallLine[] {
  const groups = new Map<DeckEntry["group"], DeckEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.group);
    if (group) group.push(entry);
    else groups.set(entry.group, [entry]);
  }
  return [...groups].flatMap(([group, held]) => {
    const lines: WallLine[] = [{ id: group, heading: `${GROUPS[group]} · ${formatNumber(held.length)}`, entries: [] }];
    for (let start = 0; start < held.length; start += columns) {
      lines.push({ id: `${group}-${start}`, heading: null, entries: held.slice(start, start + columns) });
    }
    return lines;
  });
}
