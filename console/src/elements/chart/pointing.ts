/**
 * How a viewer moves over a chart and into it: a pointer that moves shows what is there, one that is dragged chooses a
 * stretch of x, and the same goes by keys.
 */
import { child } from "../dom";
import type { Range, Scale } from "../../plotting/scale";

export interface Pointed {
  /** What lies across now; null while nothing is drawn. */
  readonly scale: () => Scale | null;
  /** The cursor is at a share of the width; null: it has left. */
  readonly moved: (share: number | null) => void;
  /** The viewer chose a stretch; null: all of it. */
  readonly zoomed: (range: Range | null) => void;
  /** By keys: so many points on, or to the first or the last one. */
  readonly stepped: (by: number) => void;
  /** Where the cursor is, as a share of the width; null: nowhere. */
  readonly at: () => number | null;
}

/** Pixels that a pointer is moved before it chooses. */
const LEAST = 4;
const LEAPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -Infinity,
  End: Infinity,
};

export function pointing(over: HTMLElement, to: Pointed): void {
  const chosen = child(over, "div", "ld-select");
  chosen.hidden = true;
  let began: number | null = null;
  const shareOf = (event: PointerEvent) => {
    const box = over.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const choose = (share: number) => {
    const from = began ?? share;
    chosen.hidden = began === null || Math.abs(share - from) * over.clientWidth < LEAST;
    chosen.style.left = `${100 * Math.min(from, share)}%`;
    chosen.style.width = `${100 * Math.abs(share - from)}%`;
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    began = shareOf(event);
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => {
    const share = shareOf(event);
    if (began !== null) choose(share);
    to.moved(share);
  });
  over.addEventListener("pointerup", (event) => {
    const [from, until, scale] = [began, shareOf(event), to.scale()];
    began = null;
    if (!chosen.hidden && from !== null && scale) {
      to.zoomed({ low: scale.value(Math.min(from, until)), high: scale.value(Math.max(from, until)) });
    }
    chosen.hidden = true;
  });
  over.addEventListener("pointercancel", () => {
    began = null;
    chosen.hidden = true;
  });
  over.addEventListener("pointerleave", () => {
    if (began === null) to.moved(null);
  });
  over.addEventListener("dblclick", () => to.zoomed(null));
  over.addEventListener("blur", () => to.moved(null));
  over.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const leap = LEAPS[event.key];
    if (leap !== undefined) to.stepped(leap);
    else if (event.key === "+" || event.key === "=" || event.key === "-") zoomBy(to, event.key === "-" ? 2 : 0.5);
    else if (event.key === "0") to.zoomed(null);
    else return;
    event.preventDefault();
  });
}

/** Show half as much, or twice as much, around the cursor. */
function zoomBy(to: Pointed, factor: number): void {
  const scale = to.scale();
  if (!scale) return;
  const at = to.at() ?? 0.5;
  to.zoomed({ low: scale.value(at - at * factor), high: scale.value(at + (1 - at) * factor) });
}
