/** What charts are drawn with: a canvas, or an SVG that comes to the same picture. */

/** The part of a canvas's context that charts use. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | "arc" | "beginPath" | "clip" | "closePath" | "fill" | "fillRect" | "fillStyle" | "fillText" | "font" | "globalAlpha"
  | "lineCap" | "lineJoin" | "lineTo" | "lineWidth" | "measureText" | "moveTo" | "rect" | "restore" | "rotate" | "save"
  | "setLineDash" | "stroke" | "strokeStyle" | "textAlign" | "textBaseline" | "translate"
>;

interface State {
  fillStyle: Pen["fillStyle"];
  strokeStyle: Pen["strokeStyle"];
  font: string;
  globalAlpha: number;
  lineWidth: number;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  transform: string;
  dash: readonly number[];
  clip: string;
}

const ANCHORS: Readonly<Record<string, string>> = { center: "middle", right: "end", end: "end" };
const BASELINES: Readonly<Record<string, string>> = { middle: "central", top: "hanging" };

/** Writes what is drawn as SVG. Widths of text are asked of a canvas. */
export class SvgPen implements Pen {
  fillStyle: Pen["fillStyle"] = "#000";
  strokeStyle: Pen["strokeStyle"] = "#000";
  font = "11px sans-serif";
  globalAlpha = 1;
  lineCap: CanvasLineCap = "butt";
  lineJoin: CanvasLineJoin = "round";
  lineWidth = 1;
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private readonly parts: string[] = [];
  private readonly states: State[] = [];
  private path = "";
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
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const { parts } = this;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(title)}</title>${parts.join("")}</svg>`;
  }

  beginPath(): void {
    this.path = "";
  }

  moveTo(x: number, y: number): void {
    this.path += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${round(x)} ${round(y)}`;
  }

  closePath(): void {
    this.path += "Z";
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;
  }

  /** A whole circle, which is all that charts draw. */
  arc(x: number, y: number, radius: number): void {
    const r = round(radius);
    this.path += `M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${round(2 * radius)} 0a${r} ${r} 0 1 0 ${round(-2 * radius)} 0`;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
  }

  stroke(): void {
    const dashes = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.draw(`fill="none" stroke="${paint(this.strokeStyle)}" stroke-width="${this.lineWidth}" stroke-linejoin="round" stroke-linecap="${this.lineCap}"${dashes}`);
  }

  fill(): void {
    this.draw(`fill="${paint(this.fillStyle)}"`);
  }

  clip(): void {
    const name = `clip${++this.clips}`;
    this.parts.push(`<clipPath id="${name}"><path d="${this.path}"/></clipPath>`);
    this.clipping = ` clip-path="url(#${name})"`;
  }

  setLineDash(dash: Iterable<number>): void {
    this.dash = [...dash];
  }

  save(): void {
    const { fillStyle, strokeStyle, font, globalAlpha, lineWidth, textAlign, textBaseline, transform, dash, clipping: clip } = this;
    this.states.push({ fillStyle, strokeStyle, font, globalAlpha, lineWidth, textAlign, textBaseline, transform, dash, clip });
  }

  restore(): void {
    const { clip, ...state } = this.states.pop() ?? { clip: "" };
    Object.assign(this, state);
    this.clipping = clip;
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
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" fill="${paint(this.fillStyle)}"${weight && ` font-weight="${weight}"`}` +
        ` font-size="${size}" font-family="${escaped(family)}" text-anchor="${anchor}"` +
        ` dominant-baseline="${baseline}"${this.common()}>${escaped(text)}</text>`,
    );
  }

  private draw(style: string): void {
    if (this.path !== "") this.parts.push(`<path d="${this.path}" ${style}${this.common()}/>`);
  }

  private common(): string {
    const alpha = this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : "";
    return `${alpha}${this.transform && ` transform="${this.transform.trim()}"`}${this.clipping}`;
  }
}

function paint(style: Pen["fillStyle"]): string {
  return typeof style === "string" ? escaped(style) : "none";
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function isXml(code: number): boolean {
  return code === 9 || code === 10 || code === 13 || (code >= 32 && code < 0xfffe) || code > 0xffff;
}

/** XML has no place for control characters, however they are written. */
function escaped(text: string): string {
  // Not a regular expression: a bundler writes its characters as they are, and a page has no place for them either.
  const plain = Array.from(text, (character) => (isXml(character.codePointAt(0) ?? 0) ? character : "?")).join("");
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
