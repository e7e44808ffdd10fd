/** A pen that writes what is drawn as SVG: shapes and words, as `core/svg.ts` takes them. Widths of text are asked of a canvas. */
import { escaped } from "../core/svg";
import type { Pen } from "./pen";

interface State {
  readonly fillStyle: Pen["fillStyle"];
  readonly strokeStyle: Pen["strokeStyle"];
  readonly font: string;
  readonly globalAlpha: number;
  readonly lineCap: CanvasLineCap;
  readonly lineJoin: CanvasLineJoin;
  readonly lineWidth: number;
  readonly textAlign: CanvasTextAlign;
  readonly textBaseline: CanvasTextBaseline;
  readonly transform: string;
  readonly dash: readonly number[];
  readonly clipping: string;
}

const ANCHORS: Readonly<Record<string, string>> = { center: "middle", right: "end", end: "end" };
const BASELINES: Readonly<Record<string, string>> = { middle: "central", top: "hanging" };

export class SvgPen implements Pen {
  fillStyle: Pen["fillStyle"] = "#000";
  strokeStyle: Pen["strokeStyle"] = "#000";
  font = "11px sans-serif";
  globalAlpha = 1;
  lineCap: CanvasLineCap = "butt";
  lineJoin: CanvasLineJoin = "miter";
  lineWidth = 1;
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private readonly parts: string[] = [];
  private readonly states: State[] = [];
  /** Rectangles that wait to be written, by how they are: the cells of a heat map are many, and of few colours. */
  private readonly rectangles = new Map<string, string[]>();
  private path: string[] = [];
  private transform = "";
  private dash: readonly number[] = [];
  private clipping = "";
  private clips = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly measured: Pick<Pen, "font" | "measureText">,
  ) {}

  svg(title: string): string {
    this.flush();
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(title)}</title>${this.parts.join("")}</svg>`;
  }

  beginPath(): void {
    this.path = [];
  }

  moveTo(x: number, y: number): void {
    this.path.push(`M${round(x)} ${round(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.path.push(`L${round(x)} ${round(y)}`);
  }

  closePath(): void {
    this.path.push("Z");
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(rectangle(x, y, width, height));
  }

  /** A whole circle, which is all that charts draw. */
  arc(x: number, y: number, radius: number): void {
    const r = round(radius);
    this.path.push(`M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${round(2 * radius)} 0a${r} ${r} 0 1 0 ${round(-2 * radius)} 0`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const style = `fill="${paint(this.fillStyle)}"${this.common()}`;
    const known = this.rectangles.get(style);
    if (known) known.push(rectangle(x, y, width, height));
    else this.rectangles.set(style, [rectangle(x, y, width, height)]);
  }

  stroke(): void {
    const dashes = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const { lineWidth, lineCap, lineJoin } = this;
    this.draw(`fill="none" stroke="${paint(this.strokeStyle)}" stroke-width="${lineWidth}" stroke-linejoin="${lineJoin}" stroke-linecap="${lineCap}"${dashes}`);
  }

  fill(): void {
    this.draw(`fill="${paint(this.fillStyle)}"`);
  }

  clip(): void {
    const name = `clip${++this.clips}`;
    this.flush();
    this.parts.push(`<clipPath id="${name}"><path d="${this.path.join("")}"/></clipPath>`);
    this.clipping = ` clip-path="url(#${name})"`;
  }

  setLineDash(dash: Iterable<number>): void {
    this.dash = [...dash];
  }

  save(): void {
    const { fillStyle, strokeStyle, font, globalAlpha, lineCap, lineJoin, lineWidth, textAlign, textBaseline, transform, dash, clipping } = this;
    this.states.push({ fillStyle, strokeStyle, font, globalAlpha, lineCap, lineJoin, lineWidth, textAlign, textBaseline, transform, dash, clipping });
  }

  restore(): void {
    Object.assign(this, this.states.pop());
  }

  translate(x: number, y: number): void {
    this.transform += ` translate(${round(x)} ${round(y)})`;
  }

  rotate(angle: number): void {
    this.transform += ` rotate(${round((angle * 180) / Math.PI)})`;
  }

  measureText(text: string): TextMetrics {
    this.measured.font = this.font;
    return this.measured.measureText(text);
  }

  fillText(text: string, x: number, y: number): void {
    if (text === "") return;
    const [, weight = "", size = "11px", family = ""] = /^(?:(\d+) )?(\S+) (.*)$/.exec(this.font) ?? [];
    const anchor = ANCHORS[this.textAlign] ?? "start";
    const baseline = BASELINES[this.textBaseline] ?? "auto";
    this.flush();
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" fill="${paint(this.fillStyle)}"${weight && ` font-weight="${weight}"`}` +
        ` font-size="${size}" font-family="${escaped(family)}" text-anchor="${anchor}"` +
        ` dominant-baseline="${baseline}"${this.common()}>${escaped(text)}</text>`,
    );
  }

  private draw(style: string): void {
    this.flush();
    if (this.path.length > 0) this.parts.push(`<path d="${this.path.join("")}" ${style}${this.common()}/>`);
  }

  private flush(): void {
    for (const [style, paths] of this.rectangles) this.parts.push(`<path d="${paths.join("")}" ${style}/>`);
    this.rectangles.clear();
  }

  private common(): string {
    const alpha = this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : "";
    return `${alpha}${this.transform && ` transform="${this.transform.trim()}"`}${this.clipping}`;
  }
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;
}

function paint(style: Pen["fillStyle"]): string {
  return typeof style === "string" ? escaped(style) : "none";
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
