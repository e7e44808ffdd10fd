/** Which cards of a very large graph are in the page: those in sight, and of these a few more with each frame. */
import { useStore } from "@xyflow/react";
import { useEffect, useState } from "react";
import { HEIGHT, WIDTH, type Layout } from "./graphLayout";

/** Smaller than this, nothing on a card can be read. */
export const READABLE_ZOOM = 0.45;
/** Cards that are drawn within a frame. */
const EACH_FRAME = 24;

const NONE: readonly string[] = [];

/** Ids of the nodes whose cards are to be drawn now. */
export function useCardsInSight(layout: Layout, ids: readonly string[]): readonly string[] {
  const wanted = useStore(({ transform: [x, y, zoom], width, height }) => {
    if (zoom < READABLE_ZOOM) return NONE;
    const [left, top] = [-x / zoom - WIDTH, -y / zoom - HEIGHT];
    const [right, bottom] = [(width - x) / zoom, (height - y) / zoom];
    return ids.filter((id) => {
      const place = layout.places.get(id);
      return place && place.x > left && place.x < right && place.y > top && place.y < bottom;
    });
  }, same);
  const [drawn, setDrawn] = useState(NONE);
  useEffect(() => {
    if (same(wanted, drawn)) return;
    const frame = requestAnimationFrame(() => {
      const before = new Set(drawn);
      let more = EACH_FRAME;
      setDrawn(wanted.filter((id) => before.has(id) || more-- > 0));
    });
    return () => cancelAnimationFrame(frame);
  }, [wanted, drawn]);
  return drawn;
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((id, index) => id === other[index]));
}
