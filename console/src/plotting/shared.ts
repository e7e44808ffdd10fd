/** What charts of one x have in common: the stretch that the viewer zoomed into, and where the cursor is. */
import type { ChartZoom } from "../protocol/live.gen";
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

  get followed(): boolean {
    return this.followers.size > 0;
  }

  /** The viewer zooms in, or out again. */
  setZoom(zoom: Range | null): void {
    this.takeZoom(zoom);
    zoomed();
  }

  takeZoom(zoom: Range | null): void {
    if (zoom?.low === this.zoom?.low && zoom?.high === this.zoom?.high) return;
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
let zoomed: () => void = () => undefined;

/** Call back when the viewer has zoomed. */
export function onZoom(callback: () => void): void {
  zoomed = callback;
}

export function zooms(): ChartZoom[] {
  return [...SHARED].flatMap(([x, { zoom }]) => (zoom ? [{ x, low: zoom.low, high: zoom.high }] : []));
}

/** Zoom as it was done elsewhere, also for charts that are still to come. */
export function takeZooms(taken: readonly ChartZoom[]): void {
  const known = new Map(taken.map(({ x, low, high }) => [x, { low, high }]));
  for (const [x, shared] of SHARED) {
    if (!known.has(x) && !shared.followed) SHARED.delete(x);
    else shared.takeZoom(known.get(x) ?? null);
  }
  for (const [x, zoom] of known) sharedX(x).takeZoom(zoom);
}

/** That of all charts with this x. */
export function sharedX(name: string): SharedX {
  const known = SHARED.get(name);
  if (known) return known;
  const made = new SharedX();
  SHARED.set(name, made);
  return made;
}
