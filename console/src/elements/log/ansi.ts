/**
 * Colours and styles in lines of text: the SGR sequences of terminals, and colours that can be read. The same rules as
 * `livedeck/deck/ansi.py`, held to them by the cases in `tests/fixtures/ansi_cases.json` that both run.
 */

export type Colour = readonly [number, number, number];

interface Style {
  readonly colour: Colour | null;
  readonly ground: Colour | null;
  readonly bold: boolean;
  readonly faint: boolean;
  readonly italic: boolean;
  readonly underlined: boolean;
  readonly struck: boolean;
  readonly reversed: boolean;
}

export interface Run {
  readonly words: string;
  /** Classes and custom properties that show it; null where it is plain. */
  readonly look: readonly [classes: string, properties: string] | null;
}

const PLAIN: Style = { colour: null, ground: null, bold: false, faint: false, italic: false, underlined: false, struck: false, reversed: false };
/* eslint-disable no-control-regex -- control characters are what this is about */
const SGR = /\x1b\[([0-9;:]*)m/g;
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?/g;
const INVISIBLE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;
const ANY_INVISIBLE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/;
/* eslint-enable no-control-regex */
const PARAMETERS = 64;
const LONGEST = 512;

const BASIC: readonly Colour[] = [
  [46, 52, 64], [205, 49, 49], [13, 140, 60], [160, 110, 0], [40, 100, 220], [165, 50, 165], [0, 130, 145],
  [190, 196, 206], [110, 118, 132], [241, 76, 76], [35, 180, 90], [215, 160, 20], [85, 145, 255],
  [215, 110, 215], [40, 180, 200], [235, 238, 243],
];
const CUBE = [0, 95, 135, 175, 215, 255];
const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];
/** `--ld-bg` of the dark theme in `livedeck/deck/tokens.css`; of the light one it is white. */
const DARK: Colour = [15, 18, 24];
const CONTRAST = 5.7;
const ENOUGH = 4.5;
const STEPS = 20;

/** The runs of a line that are of one style, as they are to be read: nothing in them is invisible. */
export function runs(line: string): Run[] {
  if (!line.includes("\x1b")) return line === "" ? [] : [{ words: readable(line), look: null }];
  const found: Run[] = [];
  let [style, at] = [PLAIN, 0];
  const add = (text: string) => {
    const words = readable(text);
    if (words !== "") found.push({ words, look: style === PLAIN ? null : lookOf(style) });
  };
  for (const sequence of line.matchAll(SGR)) {
    add(line.slice(at, sequence.index));
    style = styled(style, sequence[1] ?? "");
    at = sequence.index + sequence[0].length;
  }
  add(line.slice(at));
  return found;
}

/** A line without its colours. */
export function plain(line: string): string {
  return line.includes("\x1b") ? line.replace(ESCAPES, "") : line;
}

/** A text without sequences, with a sign for each character that has none. */
export function readable(text: string): string {
  const words = plain(text);
  return ANY_INVISIBLE.test(words) ? words.replace(INVISIBLE, sign) : words;
}

/** What stands for a character that is not seen: `^@` for NUL, as terminals write it. */
function sign(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) return `^${String.fromCharCode(code ^ 0x40)}`;
  return code < 0x100 ? `\\x${code.toString(16)}` : `\\u${code.toString(16)}`;
}

function styled(style: Style, parameters: string): Style {
  const numbers = parameters.slice(0, LONGEST).split(/[;:]/).slice(0, PARAMETERS).map(Number);
  let after = style;
  for (let at = 0; at < numbers.length; ) {
    const code = numbers[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, behind] = extended(numbers, at + 1);
      if (colour) after = code === 38 ? { ...after, colour } : { ...after, ground: colour };
      at = behind;
    } else {
      after = simply(after, code);
      at += 1;
    }
  }
  const same = (Object.keys(PLAIN) as (keyof Style)[]).every((name) => after[name] === PLAIN[name]);
  return same ? PLAIN : after;
}

function simply(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  const among = (first: number) => code >= first && code <= first + 7;
  if (among(30) || among(90)) return { ...style, colour: BASIC[code - (code < 90 ? 30 : 82)] ?? null };
  if (among(40) || among(100)) return { ...style, ground: BASIC[code - (code < 100 ? 40 : 92)] ?? null };
  return { ...style, ...SWITCHES[code] };
}

const SWITCHES: Readonly<Record<number, Partial<Style>>> = {
  1: { bold: true },
  2: { faint: true },
  3: { italic: true },
  4: { underlined: true },
  7: { reversed: true },
  9: { struck: true },
  21: { underlined: true },
  22: { bold: false, faint: false },
  23: { italic: false },
  24: { underlined: false },
  27: { reversed: false },
  29: { struck: false },
  39: { colour: null },
  49: { ground: null },
};

/** The colour that stands at a place as `5;n` or `2;r;g;b`, and the place behind it. */
function extended(numbers: readonly number[], at: number): readonly [Colour | null, number] {
  const kind = numbers[at];
  if (kind === 5 && at + 1 < numbers.length) return [of256(numbers[at + 1] ?? 0), at + 2];
  if (kind === 2 && at + 3 < numbers.length) {
    const [red = 0, green = 0, blue = 0] = numbers.slice(at + 1, at + 4).map((each) => Math.min(255, each));
    return [[red, green, blue], at + 4];
  }
  return [null, numbers.length];
}

function of256(number: number): Colour | null {
  if (number < 16) return BASIC[number] ?? null;
  if (number < 232) {
    const inCube = number - 16;
    return [CUBE[Math.floor(inCube / 36)] ?? 0, CUBE[Math.floor(inCube / 6) % 6] ?? 0, CUBE[inCube % 6] ?? 0];
  }
  const grey = 8 + 10 * (number - 232);
  return number < 256 ? [grey, grey, grey] : null;
}

const LOOKS = new Map<string, readonly [string, string]>();
const MOST_LOOKS = 4096;

function lookOf(style: Style): readonly [string, string] {
  const key = JSON.stringify(style);
  let look = LOOKS.get(key);
  if (!look) {
    if (LOOKS.size >= MOST_LOOKS) LOOKS.clear();
    LOOKS.set(key, (look = css(style)));
  }
  return look;
}

function css(style: Style): readonly [string, string] {
  const [colour, ground] = style.reversed ? [style.ground, style.colour] : [style.colour, style.ground];
  const classes = (["bold", "faint", "italic", "underlined", "struck"] as const).filter((name) => style[name]).map((name) => `ld-ansi-${name}`);
  const named = (...more: string[]) => ["ld-ansi", ...classes, ...more].join(" ");
  if (ground) {
    const words = hex(over(colour, ground));
    return [named(), `--l:${words};--d:${words};--g:${hex(ground)}`];
  }
  if (style.reversed) {
    if (!colour) return [named("ld-ansi-reversed"), ""];
    const words = hex(over(null, colour));
    return [named(), `--l:${words};--d:${words};--g:${hex(colour)}`];
  }
  return [named(), colour ? `--l:${hex(towards(colour, BLACK, WHITE))};--d:${hex(towards(colour, WHITE, DARK))}` : ""];
}

/** A colour as it is where it can be read on a ground; else black or white. */
function over(colour: Colour | null, ground: Colour): Colour {
  if (colour && contrast(colour, ground) >= ENOUGH) return colour;
  return contrast(BLACK, ground) >= contrast(WHITE, ground) ? BLACK : WHITE;
}

/** A colour, mixed with as much of another one as it takes to be read on a ground. */
function towards(colour: Colour, end: Colour, ground: Colour): Colour {
  for (let step = 0; step < STEPS; step++) {
    const mix = (one: number, other: number) => Math.floor(one + ((other - one) * step) / STEPS + 0.5);
    const mixed: Colour = [mix(colour[0], end[0]), mix(colour[1], end[1]), mix(colour[2], end[2])];
    if (contrast(mixed, ground) >= CONTRAST) return mixed;
  }
  return end;
}

/** The contrast of two colours as WCAG 2 reckons it: 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function hex(colour: Colour): string {
  return `#${colour.map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}
