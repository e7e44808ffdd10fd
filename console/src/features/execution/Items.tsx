import { useMemo, useState } from "react";
import { chosenItems, countsOfItems, ITEM_TONES, type Item, type ItemOrder } from "../../core/items";
import type { NodeRow } from "../../core/nodeTree";
import { formatNumber } from "../../core/numerals";
import type { ExecutionRoute } from "../../core/routes";
import { Empty } from "../../ui/Empty";
import "./items.css";
import { ItemsGrid } from "./ItemsGrid";

interface ItemsProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
  readonly items: readonly Item[];
}

/** Up to so many items have cells of full size. */
const FEW = 1000;

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
  const counts = countsOfItems(items);
  return (
    <div className="items" data-scrolls="node">
      <div className="items-bar">
        <span className="items-count">{formatNumber(items.length)} begun</span>
        {ITEM_TONES.filter(([each]) => counts.has(each)).map(([each, word]) => (
          <button
            key={each}
            type="button"
            className="items-filter"
            data-tone={each}
            aria-pressed={tone === each}
            onClick={() => setTone(tone === each ? null : each)}
          >
            {`${formatNumber(counts.get(each) ?? 0)} ${word}`}
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
      <ItemsGrid route={route} row={row} items={shown} small={items.length > FEW} />
    </div>
  );
}

