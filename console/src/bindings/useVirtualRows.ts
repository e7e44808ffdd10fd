/** Lists of any length: only the rows in sight are in the page, and some above and below them. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type RefObject } from "react";
import { rowsToDraw } from "../core/rowsDrawn";

interface RowAttributes {
  readonly ref: (row: HTMLElement | null) => void;
  readonly "data-index": number;
  readonly "aria-setsize": number;
  readonly "aria-posinset": number;
}

export interface VirtualRows<T, E extends HTMLElement> {
  /** Of the list. */
  readonly list: RefObject<E | null>;
  /** Of the list: room for the rows that are not in the page. */
  readonly style: CSSProperties;
  /** The same in pixels, above the first row in the page and below the last: for a table, whose parts have no padding. */
  readonly room: { readonly above: number; readonly below: number };
  /** The rows in the page, each with what its element has to have. */
  readonly shown: readonly { readonly row: T; readonly attributes: RowAttributes }[];
}

interface RowSizes {
  /** Pixels of a row that was not drawn yet. */
  readonly estimate: number;
  /** Pixels between two rows. */
  readonly gap?: number;
  /** Rows drawn above and below the visible ones, so that quick scrolling meets no gap. */
  readonly margin?: number;
  /** Rows that are put into the page within one frame. */
  readonly eachFrame?: number;
}

const NONE: ReadonlySet<string> = new Set();

/** The list is somewhere in what scrolls, which `data-scrolls` tells. */
export function useVirtualRows<T extends { readonly id: string }, E extends HTMLElement>(
  rows: readonly T[],
  { estimate, gap = 0, margin = 10, eachFrame = 12 }: RowSizes,
): VirtualRows<T, E> {
  const list = useRef<E>(null);
  const [above, setAbove] = useState(0);
  const scroller = () => list.current?.closest<HTMLElement>("[data-scrolls]") ?? null;
  // The same for the same rows: with another one the places of all rows are reckoned anew.
  const getItemKey = useCallback((index: number) => rows[index]?.id ?? index, [rows]);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing below keeps what it returns
  const virtual = useVirtualizer<HTMLElement, HTMLElement>({
    count: rows.length,
    getItemKey,
    getScrollElement: scroller,
    estimateSize: () => estimate,
    overscan: margin,
    scrollMargin: above,
    gap,
  });
  // With each rendering, for what stands above the list may change with any; the same number changes nothing.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    const [inner, outer] = [list.current, scroller()];
    if (!inner || !outer) return;
    setAbove(Math.round(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop));
  });
  const items = virtual.getVirtualItems();
  const ids = items.map(({ index }) => rows[index]?.id ?? "");
  const [drawn, setDrawn] = useState(NONE);
  const inSight = (virtual.range?.startIndex ?? 0) - (items[0]?.index ?? 0);
  const [from, to] = rowsToDraw(ids, Math.max(0, inSight), drawn, eachFrame);
  useEffect(() => {
    const now = new Set(ids.slice(from, to));
    if (now.size === drawn.size && [...now].every((id) => drawn.has(id))) return undefined;
    const frame = requestAnimationFrame(() => setDrawn(now)); // and with that, as many more
    return () => cancelAnimationFrame(frame);
  });
  const inPage = items.slice(from, to);
  const room = {
    above: Math.max(0, (inPage[0]?.start ?? above) - above),
    below: Math.max(0, virtual.getTotalSize() + above - (inPage.at(-1)?.end ?? above)),
  };
  return {
    list,
    style: { paddingTop: room.above, paddingBottom: room.below },
    room,
    shown: inPage.flatMap(({ index }) => {
      const row = rows[index];
      const attributes = { ref: virtual.measureElement, "data-index": index, "aria-setsize": rows.length, "aria-posinset": index + 1 };
      return row ? [{ row, attributes }] : [];
    }),
  };
}
