import { memo, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Link } from "../../bindings/router";
import { useVirtualRows } from "../../bindings/useVirtualRows";
import { formatDuration } from "../../core/durations";
import { latestOf, type Item } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import { TASK_PHASES } from "../../core/phases";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";

interface ItemsGridProps {
  readonly route: ExecutionRoute;
  /** The map. */
  readonly row: NodeRow;
  /** In the order in which they are shown. */
  readonly items: readonly Item[];
  readonly small: boolean;
}

/** Pixels of a cell with the gap beside it. */
const [CELL, SMALL_CELL] = [20, 14];
/** Rows drawn above and below those in sight: each has many cells. */
const MARGIN = 3;
/** Cells that are put into the page within one frame. */
const EACH_FRAME = 300;

interface GridRow {
  readonly id: string;
  readonly items: readonly Item[];
}

/** A cell for each item, which leads to it. One of them is reached by the tab key, the others from there by the arrows. */
export function ItemsGrid({ route, row, items, small }: ItemsGridProps) {
  const cell = small ? SMALL_CELL : CELL;
  const outer = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(20);
  const [reached, setReached] = useState<number | null>(null);
  useLayoutEffect(() => {
    const element = outer.current;
    if (!element) return undefined;
    const measure = () => setColumns(Math.max(1, Math.floor(element.clientWidth / cell)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [cell]);
  const rows = useMemo(() => inRows(items, columns), [items, columns]);
  const { list, style, shown } = useVirtualRows<GridRow, HTMLDivElement>(rows, {
    estimate: cell,
    margin: MARGIN,
    eachFrame: Math.ceil(EACH_FRAME / columns),
  });
  const path = useMemo(() => itemPaths(route, row.id), [route, row.id]);
  const first = shown[0]?.row.items[0]?.index;
  const inPage = shown.some(({ row: line }) => line.items.some(({ index }) => index === reached));
  return (
    <div ref={outer}>
      <div
        ref={list}
        className="items-grid"
        data-size={small ? "small" : "full"}
        style={style}
        role="group"
        aria-label="Items"
        onKeyDown={(event) => moveFocus(event, columns)}
        onFocus={({ target }) => setReached(Number((target as HTMLElement).dataset["index"]))}
      >
        {shown.map(({ row: line, attributes }) => (
          <div key={line.id} ref={attributes.ref} data-index={attributes["data-index"]} className="items-row">
            {line.items.map((item) => (
              <Cell key={item.index} path={path} item={item} reached={item.index === (inPage ? reached : first)} />
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

/** Addresses of items, of which thousands are made: all but the item's number is written once. */
function itemPaths(route: ExecutionRoute, array: string): (index: number) => string {
  const mark = "item-number";
  const path = executionPath({ ...route, node: `${array}:${mark}`, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK });
  const [before = "", after = ""] = path.split(mark);
  return (index) => `${before}${index}${after}`;
}

const STEPS: Readonly<Record<string, (columns: number) => number>> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns,
};

function moveFocus(event: KeyboardEvent<HTMLElement>, columns: number): void {
  const step = STEPS[event.key]?.(columns);
  if (step === undefined) return;
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>(".item-cell")];
  const next = cells[cells.indexOf(event.target as HTMLElement) + step];
  event.preventDefault();
  next?.focus();
}

interface CellProps {
  readonly path: (index: number) => string;
  readonly item: Item;
  /** By the tab key. */
  readonly reached: boolean;
}

const Cell = memo(function Cell({ path, item, reached }: CellProps) {
  const latest = latestOf(item);
  const look = TASK_PHASES[latest.phase];
  const took = latest.seconds === null ? "" : `, ${formatDuration(latest.seconds)}`;
  const retried = latest.attempt > 0 ? `, attempt ${latest.attempt + 1}` : "";
  const title = `Item ${item.index}: ${look.label.toLowerCase()}${took}${retried}`;
  return (
    <Link
      className="item-cell"
      href={path(item.index)}
      aria-label={title}
      title={title}
      data-index={item.index}
      data-tone={look.tone}
      tabIndex={reached ? 0 : -1}
    />
  );
});
