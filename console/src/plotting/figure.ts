/** A chart as a picture by itself: its title, its plot as it stands in the page, and the names of what is in it. */
import { fitted } from "./axes";
import type { Pen } from "./pen";
import { SvgPen } from "./svgPen";
import { colourOf, dashOf, type Theme } from "./theme";

export interface Plot {
  /** Series that are named below it, with the numbers of their colours. */
  readonly keys: readonly { readonly name: string; readonly index: number }[];
  readonly draw: (pen: Pen, width: number, height: number) => void;
}

export interface Figure extends Plot {
  readonly title: string;
  /** Of the plot alone, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

const EDGE = 14;
const HEAD = 26; // of the title
const LINE = 18; // of the names below
const SWATCH = 14;
const APART = 16;
const NAME = 260; // pixels of a name at most
/** Series beyond which names only make the picture larger. */
const MOST_NAMES = 40;
/** Pixels of the picture for one of the page: it may be printed. */
const SHARP = 2;

interface Key {
  readonly name: string;
  readonly index: number | null;
  readonly left: number;
  readonly row: number;
}

export function svgOf(figure: Figure, measured: Pick<Pen, "font" | "measureText">): string {
  const { keys, width, height } = laidOut(figure, measured);
  const pen = new SvgPen(width, height, measured);
  paint(pen, figure, keys, width, height);
  return pen.svg(figure.title);
}

/** A PNG in base64; null where there is no canvas to draw it on. */
export function pngOf(figure: Figure): string | null {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  const { keys, width, height } = laidOut(figure, pen);
  [canvas.width, canvas.height] = [width * SHARP, height * SHARP];
  pen.scale(SHARP, SHARP);
  paint(pen, figure, keys, width, height);
  return /^data:image\/png;base64,(.*)$/.exec(canvas.toDataURL("image/png"))?.[1] ?? null;
}

function laidOut(figure: Figure, pen: Pick<Pen, "font" | "measureText">): { readonly keys: readonly Key[]; readonly width: number; readonly height: number } {
  pen.font = `12px ${figure.theme.face}`;
  const named = figure.keys.slice(0, MOST_NAMES).map(({ name, index }) => ({ name: fitted(pen, name, Math.min(NAME, figure.width - SWATCH)), index }));
  const more = figure.keys.length - named.length;
  const all: readonly { readonly name: string; readonly index: number | null }[] = more > 0 ? [...named, { name: `${more} more`, index: null }] : named;
  let [left, row] = [0, 0];
  const keys = all.map(({ name, index }): Key => {
    const wide = (index === null ? 0 : SWATCH + 6) + Math.ceil(pen.measureText(name).width);
    if (left > 0 && left + wide > figure.width) [left, row] = [0, row + 1];
    const key = { name, index, left, row };
    left += wide + APART;
    return key;
  });
  const below = keys.length > 0 ? (row + 1) * LINE + 8 : 0;
  return { keys, width: figure.width + 2 * EDGE, height: EDGE + HEAD + figure.height + below + EDGE };
}

function paint(pen: Pen, { title, theme, width, height, draw }: Figure, keys: readonly Key[], across: number, upwards: number): void {
  pen.fillStyle = theme.card;
  pen.fillRect(0, 0, across, upwards);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillStyle = theme.text;
  pen.font = `600 14px ${theme.face}`;
  pen.fillText(fitted(pen, title, width), EDGE, EDGE + 8);
  pen.save();
  pen.translate(EDGE, EDGE + HEAD);
  draw(pen, width, height);
  pen.restore();
  pen.font = `12px ${theme.face}`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.lineWidth = 3;
  for (const { name, index, left, row } of keys) {
    const [x, y] = [EDGE + left, EDGE + HEAD + height + 8 + (row + 0.5) * LINE];
    if (index !== null) {
      pen.strokeStyle = colourOf(theme, index);
      pen.setLineDash(dashOf(index));
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + SWATCH, y);
      pen.stroke();
    }
    pen.fillStyle = theme.text;
    pen.fillText(name, index === null ? x : x + SWATCH + 6, y);
  }
  pen.setLineDash([]);
}
