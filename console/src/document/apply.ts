/**
 * Applying segments to a document: the same rules as `livedeck/deck/document.py`, held to them by the cases in
 * `tests/fixtures/deck_cases.json` that both run. Pure: what does not change is shared with the document before.
 */
import type { Chart, Deck, Document, Element, Op, Segment, Series, Unreadable } from "../protocol/deck.gen";

export const EMPTY: Document = {};

/** How many unreadable segments a document names, as in `livedeck/deck/ops.py`. */
export const MOST_UNREADABLE = 20;

/** A segment that does not follow the document: one in between is missing. */
export class SegmentGap extends Error {
  constructor(
    readonly at: number,
    readonly got: number,
  ) {
    super(`the document stands at segment ${at} and got segment ${got}: those between are missing`);
    this.name = "SegmentGap";
  }
}

/**
 * The document after a segment. A segment that was applied before changes nothing.
 * @throws SegmentGap when a segment in between is missing.
 */
export function applySegment(document: Document, segment: Segment): Document {
  return apply(document, segment, false);
}

/**
 * The same for a caller who lets go of the document before, and of all others that share its points: a chart's points
 * are appended where they are, so that a segment costs what it holds and not what the chart holds already.
 */
export function advanceDocument(document: Document, segment: Segment): Document {
  return apply(document, segment, true);
}

function apply(document: Document, segment: Segment, inPlace: boolean): Document {
  const at = document.seq ?? 0;
  if (segment.seq <= at) return document;
  if (segment.seq > at + 1) throw new SegmentGap(at, segment.seq);
  const { decks, end } = segment.ops.reduce((before, op) => applyOp(before, op, inPlace), document);
  const unreadable = withUnreadable(document, segment);
  // Of a segment that could not be read nothing is known but its number.
  const { at: time, health } = segment.unreadable ? document : segment;
  return {
    ...(decks && { decks }),
    ...(end && { end }),
    ...(health && { health }),
    ...(time && { at: time }),
    ...(unreadable && { unreadable }),
    seq: segment.seq,
  };
}

function withUnreadable({ unreadable }: Document, segment: Segment): readonly Unreadable[] | undefined {
  if (!segment.unreadable || (unreadable && unreadable.length >= MOST_UNREADABLE)) return unreadable;
  return [...(unreadable ?? []), { seq: segment.seq, reason: segment.unreadable }];
}

function applyOp(document: Document, op: Op, inPlace: boolean): Document {
  switch (op.op) {
    case "put":
      return withElement(document, op.deck, op.element.id, () => op.element);
    case "extend":
      return withElement(document, op.deck, op.element.id, (before) => extended(before, op.element, inPlace));
    case "drop":
      return dropped(document, op.deck, op.id ?? null);
    case "end":
      return { ...document, end: op };
  }
}

function withElement(
  document: Document,
  deckName: string,
  id: string,
  next: (before: Element | undefined) => Element,
): Document {
  const decks = document.decks ?? [];
  const index = decks.findIndex((deck) => deck.name === deckName);
  const deck = decks[index];
  if (!deck) return { ...document, decks: [...decks, { name: deckName, elements: [next(undefined)] }] };
  return { ...document, decks: decks.with(index, replaced(deck, id, next)) };
}

function replaced(deck: Deck, id: string, next: (before: Element | undefined) => Element): Deck {
  const index = deck.elements.findIndex((element) => element.id === id);
  if (index < 0) return { ...deck, elements: [...deck.elements, next(undefined)] };
  return { ...deck, elements: deck.elements.with(index, next(deck.elements[index])) };
}

function dropped(document: Document, deckName: string, id: string | null): Document {
  const decks = document.decks ?? [];
  if (id === null) return { ...document, decks: decks.filter((deck) => deck.name !== deckName) };
  const without = (deck: Deck): Deck => ({ ...deck, elements: deck.elements.filter((element) => element.id !== id) });
  return { ...document, decks: decks.map((deck) => (deck.name === deckName ? without(deck) : deck)) };
}

/** An element with another's data at its end; one of another kind is replaced. */
function extended(before: Element | undefined, more: Element, inPlace: boolean): Element {
  if (before?.kind === "html" && more.kind === "html") return { ...before, html: before.html + more.html };
  if (before?.kind === "markdown" && more.kind === "markdown") return { ...before, text: before.text + more.text };
  if (before?.kind === "chart" && more.kind === "chart") return extendedChart(before, more, inPlace);
  return more;
}

function extendedChart(before: Chart, more: Chart, inPlace: boolean): Chart {
  const series = new Map<string, Series>((before.series ?? []).map((one) => [one.name, one]));
  for (const one of more.series ?? []) {
    const known = series.get(one.name);
    series.set(one.name, known ? extendedSeries(known, one, inPlace) : one);
  }
  const zone = before.zone ?? more.zone;
  const notes = { ...before.notes };
  for (const [words, count] of Object.entries(more.notes ?? {})) notes[words] = (notes[words] ?? 0) + count;
  return {
    ...before,
    series: [...series.values()],
    ...(zone !== undefined && zone !== null && { zone }),
    ...(Object.keys(notes).length > 0 && { notes }),
  };
}

/** The state of a series that its points, in lists of our own, are all of; a list of a segment's is never appended to. */
const LATEST = new WeakMap<Series["x"], Series>();

function extendedSeries(before: Series, more: Series, inPlace: boolean): Series {
  const own = inPlace && LATEST.get(before.x) === before;
  const series: Series = {
    name: before.name,
    x: own ? appended(before.x, more.x) : before.x.concat(more.x),
    y: own ? appended(before.y, more.y) : before.y.concat(more.y),
  };
  LATEST.set(series.x, series);
  LINEAGES.set(series, lineageOf(before));
  return series;
}

function appended(values: Series["x"], more: Series["x"]): Series["x"] {
  const own = values as (number | null)[];
  for (const value of more) own.push(value);
  return own;
}

const LINEAGES = new WeakMap<Series, object>();

/**
 * The same object for a series and for every later state of it that only had points appended; so a view can tell,
 * without comparing, that all points which it has seen are still there.
 */
export function lineageOf(series: Series): object {
  const known = LINEAGES.get(series);
  if (known) return known;
  const lineage = {};
  LINEAGES.set(series, lineage);
  return lineage;
}
