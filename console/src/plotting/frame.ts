/** A picture on a canvas, and what lies over it: the cursor, and a stretch that is being chosen. */
import { child, setText } from "../elements/dom";
import type { Pen } from "./pen";

/** Sharper than this costs more than can be seen. */
const SHARPEST = 3;

export class PlotFrame {
  readonly node: HTMLElement;
  readonly over: HTMLElement;
  private readonly picture: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly nothing: HTMLElement;
  private readonly resizes: ResizeObserver;

  constructor(parent: HTMLElement, resized: () => void) {
    this.node = child(parent, "div", "ld-plot");
    this.picture = child(this.node, "div", "ld-canvas");
    this.picture.setAttribute("role", "img");
    this.canvas = child(this.picture, "canvas", "") as HTMLCanvasElement;
    this.nothing = child(this.node, "div", "ld-plot-empty");
    this.over = child(this.node, "div", "ld-over");
    this.resizes = new ResizeObserver(resized);
    this.resizes.observe(this.picture);
  }

  /** Pixels; 0 while it is in a hidden tab. */
  get width(): number {
    return this.picture.clientWidth;
  }

  get height(): number {
    return this.picture.clientHeight;
  }

  describe(words: string): void {
    if (this.picture.getAttribute("aria-label") !== words) this.picture.setAttribute("aria-label", words);
  }

  /** Say that there is nothing to be seen; null: there is. */
  say(words: string | null): void {
    this.nothing.hidden = words === null;
    if (words !== null) setText(this.nothing, words);
  }

  /** What was said last. */
  get empty(): string {
    return this.nothing.textContent;
  }

  /** Draw it anew, on an empty canvas; null where there is none to draw on. */
  paint<T>(draw: (pen: Pen) => T): T | null {
    const { canvas, width, height } = this;
    const ratio = Math.min(window.devicePixelRatio || 1, SHARPEST);
    const [across, upwards] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== upwards) [canvas.width, canvas.height] = [across, upwards];
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, across, upwards);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return draw(pen);
  }

  /** What lies over the picture covers this part of it. */
  place(left: number, top: number, width: number, height: number): void {
    this.over.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
  }

  /** The canvas that it is on, to measure text by. */
  get pen(): Pen | null {
    return this.canvas.getContext("2d");
  }

  destroy(): void {
    this.resizes.disconnect();
  }
}
