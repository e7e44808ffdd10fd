/**
 * What a viewer has made of a Deck's charts, where they are zoomed into and which series are hidden, as an address holds
 * it. Addresses are written by anybody, and frames say what scripts of the Deck make them say: what is not as it should be
 * is passed over.
 */
import type { ChartZoom, FrameLook, HiddenSeries } from "../protocol/live.gen";

export type Look = Pick<FrameLook, "zooms" | "hidden">;

/** The same as an address has it; null: nothing of it. */
export interface LookText {
  readonly zoom: string | null;
  readonly hide: string | null;
}

export const PLAIN: Look = { zooms: [], hidden: [] };

/** Zooms, and charts with hidden series. */
const MOST = 100;
/** Hidden series of a chart. */
const MOST_SERIES = 1000;
const LONGEST_NAME = 500;
/** Characters of an address: of what takes more nothing is kept there. */
const LONGEST_TEXT = 2000;
/** Parts of what is in sight that a zoom is exact to. */
const EXACT = 10_000;

/** Whether a message of a frame has this form. */
export function isLook(data: object): data is Look {
  const { zooms, hidden } = data as Partial<Record<keyof Look, unknown>>;
  return isListOf(zooms, isZoom, MOST) && isListOf(hidden, isHidden, MOST);
}

/** As much of it as is taken. */
export function boundedLook({ zooms, hidden }: Look): Look {
  return { zooms: zooms.filter(isZoom).slice(0, MOST), hidden: hidden.filter(isHidden).slice(0, MOST) };
}

export function lookText({ zooms, hidden }: Look): LookText {
  return {
    zoom: text(zooms.map(({ x, low, high }) => [x, ...rounded(low, high)])),
    hide: text(hidden.map(({ deck, element, names }) => [deck, element, ...names])),
  };
}

export function parseLook({ zoom, hide }: LookText): Look {
  const zooms: unknown[] = entries(zoom).map(([x, low, high]) => ({ x, low, high }));
  const hidden: unknown[] = entries(hide).map(([deck, element, ...names]) => ({ deck, element, names }));
  return { zooms: zooms.filter(isZoom), hidden: hidden.filter(isHidden) };
}

function text(list: readonly (readonly unknown[])[]): string | null {
  const written = JSON.stringify(list);
  return list.length === 0 || written.length > LONGEST_TEXT ? null : written;
}

/** The lists in a list that a text is; none where it is no such thing. */
function entries(written: string | null): unknown[][] {
  if (written === null || written.length > LONGEST_TEXT) return [];
  try {
    const read: unknown = JSON.parse(written);
    return Array.isArray(read) ? read.slice(0, MOST).filter((each) => Array.isArray(each)) : [];
  } catch {
    return []; // no JSON
  }
}

function isZoom(value: unknown): value is ChartZoom {
  const { x, low, high } = fields(value);
  return isName(x) && typeof low === "number" && typeof high === "number" && Number.isFinite(low) && Number.isFinite(high) && low < high;
}

function isHidden(value: unknown): value is HiddenSeries {
  const { deck, element, names } = fields(value);
  return isName(deck) && isName(element) && isListOf(names, isName, MOST_SERIES) && names.length > 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST_NAME;
}

function isListOf<T>(value: unknown, is: (each: unknown) => each is T, most: number): value is T[] {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** No more digits than can be seen, unless that leaves nothing between them. */
function rounded(low: number, high: number): readonly [number, number] {
  const step = 10 ** Math.floor(Math.log10((high - low) / EXACT));
  const near = (value: number) => Number((Math.round(value / step) * step).toPrecision(15));
  const [from, to] = [near(low), near(high)];
  return from < to && Number.isFinite(to - from) ? [from, to] : [low, high];
}
