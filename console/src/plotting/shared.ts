/** What charts of one x have in common: the stretch that the viewer zoomed into, and where the cursor is. */
import type { Range } from "./scale";

export interface Follower {
  /** The least and greatest x that it has; null while it has none. */
  readonly range: Range | null;
  zoomed(): void;
  pointed(): void;
}

export class SharedX {
  zoom: Range | null = null;
  cursor: number | null = null;
  private readonly followers = new Set<Follower>();

  add(follower: Follower): void {
    this.followers.add(follower);
  }

  remove(follower: Follower): void {
    this.followers.delete(follower);
  }

  setZoom(zoom: Range | null): void {
    this.zoom = zoom;
    for (const follower of this.followers) follower.zoomed();
  }

  setCursor(cursor: number | null): void {
    if (cursor === this.cursor) return;
    this.cursor = cursor;
    for (const follower of this.followers) follower.pointed();
  }

  /** The zoom, for a chart that has something there. */
  zoomOf({ range }: Follower): Range | null {
    const { zoom } = this;
    return zoom && range && zoom.low <= range.high && zoom.high >= range.low ? zoom : null;
  }
}

const SHARED = new Map<string, SharedX>();

/** That of all charts with this x. */
export function sharedX(name: string): SharedX {
  const known = SHARED.get(name);
  if (known) return known;
  const made = new SharedX();
  SHARED.set(name, made);
  return made;
}
