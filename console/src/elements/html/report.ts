/**
 * HTML that is a whole page: in a frame of its own, where its styles, scripts and events are those of a page and reach
 * nothing else. A new version loads behind the one on screen and takes its place when it is there.
 */
import { nestedFrame, withGuards } from "../../frame/nested";

/** A page that has not loaded by then never will, it has to be assumed (a script in it may run forever). */
const LOADS_WITHIN_MS = 10_000;
const TALLEST = 20_000;
/** A page may be as tall as its frame and something more, forever; after so many steps its height stays. */
const MOST_STEPS = 60;

export class Report {
  private shown: HTMLIFrameElement | null = null;
  private loading: HTMLIFrameElement | null = null;
  private newest = "";
  private begun = "";
  private timer = 0;
  private steps = 0;

  constructor(private readonly node: HTMLElement) {
    node.classList.add("ld-report");
    window.addEventListener("message", this.hear);
  }

  update(html: string): void {
    this.newest = html;
    if (this.loading === null) this.load();
  }

  destroy(): void {
    window.removeEventListener("message", this.hear);
    clearTimeout(this.timer);
    this.node.classList.remove("ld-report");
    this.node.replaceChildren();
  }

  private load(): void {
    this.begun = this.newest;
    const frame = nestedFrame("Report", withGuards(this.begun, true));
    frame.classList.toggle("ld-report-behind", this.shown !== null);
    frame.style.height = this.shown?.style.height ?? "";
    this.loading = frame;
    this.steps = 0;
    const settle = () => this.settle(frame);
    frame.addEventListener("load", settle, { once: true });
    this.timer = window.setTimeout(settle, LOADS_WITHIN_MS);
    this.node.append(frame);
  }

  private settle(frame: HTMLIFrameElement): void {
    if (this.loading !== frame) return;
    clearTimeout(this.timer);
    this.shown?.remove();
    frame.classList.remove("ld-report-behind");
    this.shown = frame;
    this.loading = null;
    if (this.newest !== this.begun) this.load();
  }

  private readonly hear = ({ source, data }: MessageEvent<{ type?: unknown; height?: unknown } | null>): void => {
    if (data?.type !== "livedeck:size" || typeof data.height !== "number" || !(data.height > 0)) return;
    const frame = [this.shown, this.loading].find((one) => one?.contentWindow === source);
    if (frame) this.fit(frame, data.height);
  };

  private fit(frame: HTMLIFrameElement, height: number): void {
    if (height > frame.offsetHeight && ++this.steps > MOST_STEPS) return;
    frame.style.height = `${Math.min(height, TALLEST)}px`;
  }
}
