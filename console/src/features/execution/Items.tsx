import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link } from "../../bindings/router";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { formatDuration } from "../../core/durations";
import { chosenItems, latestOf, type Item, type ItemOrder } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import { TASK_PHASES } from "../../core/phases";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { Empty } from "../../ui/Empty";
import "./items.css";

interface ItemsProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  readonly items: readonly Item[];
}

/** Pixels of a cell with the gap beside it. */
const CELL = 20;

const TONES = [
  ["bad", "failed"],
  ["running", "running"],
  ["waiting", "queued"],
  ["warn", "aborted"],
  ["good", "succeeded"],
] as const;

const ORDERS: Readonly<Record<ItemOrder, string>> = { number: "By number", failed: "Failed first", slowest: "Slowest first" };

/** The items of a map as a grid of their phases: each cell leads to the item, with its Deck and log. */
export function Items({ route, row, items }: ItemsProps) {
  const [tone, setTone] = useState<string | null>(null);
  const [order, setOrder] = useState<ItemOrder>("number");
  const shown = useMemo(() => chosenItems(items, tone, order), [items, tone, order]);
  if (items.length === 0) {
    return (
      <Empty icon="clock" title="No item has begun">
        The items appear here as they do.
      </Empty>
    );
  }
  const counts = new Map<string, number>();
  for (const item of items) {
    const { tone: of } = TASK_PHASES[latestOf(item).phase];
    counts.set(of, (counts.get(of) ?? 0) + 1);
  }
  return (
    <div className="items" data-scrolls="node">
      <div className="items-bar">
        <span className="items-count">{items.length.toLocaleString("en")} begun</span>
        {TONES.filter(([each]) => counts.has(each)).map(([each, word]) => (
          <button
            key={each}
            type="button"
            className="items-filter"
            data-tone={each}
            aria-pressed={tone === each}
            onClick={() => setTone(tone === each ? null : each)}
          >
            {`${(counts.get(each) ?? 0).toLocaleString("en")} ${word}`}
          </button>
        ))}
        <select aria-label="Order" value={order} onChange={({ target }) => setOrder(target.value as ItemOrder)}>
          {Object.entries(ORDERS).map(([each, label]) => (
            <option key={each} value={each}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Grid route={route} row={row} items={shown} />
    </div>
  );
}

interface GridRow {
  readonly id: string;
  readonly items: readonly Item[];
}

function Grid({ route, row, items }: ItemsProps) {
  const outer = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(20);
  useLayoutEffect(() => {
    const element = outer.current;
    if (!element) return undefined;
    const measure = () => setColumns(Math.max(1, Math.floor(element.clientWidth / CELL)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const rows = useMemo(() => inRows(items, columns), [items, columns]);
  const { list, style, shown } = useVirtualRows<GridRow, HTMLDivElement>(rows, { estimate: CELL });
  return (
    <div ref={outer}>
      <div ref={list} style={style} role="list" aria-label="Items">
        {shown.map(({ row: line, attributes }) => (
          <div key={line.id} ref={attributes.ref} data-index={attributes["data-index"]} className="items-row">
            {line.items.map((item) => (
              <Cell key={item.index} route={route} row={row} item={item} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function inRows(items: readonly Item[], columns: number): readonly GridRow[] {
  const rows: GridRow[] = [];
  for (let start = 0; start < items.length; start += columns) {
    rows.push({ id: String(start), items: items.slice(start, start + columns) });
  }
  return rows;
}

function Cell({ route, row, item }: { readonly route: ExecutionRoute; readonly row: NodeRow; readonly item: Item }) {
  const latest = latestOf(item);
  const look = TASK_PHASES[latest.phase];
  const took = latest.seconds === null ? "" : `, ${formatDuration(latest.seconds)}`;
  const retried = latest.attempt > 0 ? `, attempt ${latest.attempt + 1}` : "";
  const title = `Item ${item.index}: ${look.label.toLowerCase()}${took}${retried}`;
  const href = executionPath({ ...route, node: `${row.id}:${item.index}`, view: null, attempt: null, tab: null });
  return (
    <div role="listitem">
      <Link className="item-cell" href={href} aria-label={title} title={title} data-tone={look.tone} />
    </div>
  );
}
