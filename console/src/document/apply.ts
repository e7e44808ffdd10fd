/**
 * Applying segments to a document: the same rules as `livedeck/deck/replay.py`, held to them by the cases in
 * `tests/fixtures/deck_cases.json` that both run. What does not change is shared with the document before.
 */
import { applyingOf } from "../elements/applying";
import type { Tab, Document, Element, Health, Op, Segment, Unreadable } from "../protocol/deck.gen";

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

/** A document that nobody else has: what is appended to its elements is appended where they are. */
export function ownDocument(document: Document): Document {
  for (const element of elementsOf(document)) applyingOf(element.kind)?.own?.(element);
  return document;
}

/** A document that somebody keeps as it is: what is appended to its elements goes to copies of their data. */
export function keepDocument(document: Document): void {
  for (const element of elementsOf(document)) applyingOf(element.kind)?.keep?.(element);
}

function elementsOf({ decks = [] }: Document): Element[] {
  return decks.flatMap(({ elements }) => elements);
}

/**
 * The document after a segment. A segment that was applied before changes nothing. The caller lets go of the document
 * before, or has said that it is kept: data that is its own (`ownDocument`) is appended to in place, so that a segment
 * costs what it holds and not what the document holds already.
 * @throws SegmentGap when a segment in between is missing.
 */
export function applySegment(document: Document, segment: Segment): Document {
  const at = document.seq ?? 0;
  if (segment.seq <= at) return document;
  if (segment.seq > at + 1) throw new SegmentGap(at, segment.seq);
  const { decks, end } = segment.ops.reduce(applyOp, document);
  const unreadable = withUnreadable(document, segment);
  // Of a segment that could not be read nothing is known but its number.
  const { at: time, health } = segment.unreadable ? document : segment;
  return {
    ...(decks && { decks }),
    ...(end && { end }),
    ...(health && { health: withReason(health, document.health) }),
    ...(time && { at: time }),
    ...(unreadable && { unreadable }),
    seq: segment.seq,
  };
}

/** Of why a put failed only the segment after it tells. */
function withReason(health: Health, before: Health | undefined): Health {
  return health.why || !before?.why ? health : { ...health, why: before.why };
}

function withUnreadable({ unreadable }: Document, segment: Segment): readonly Unreadable[] | undefined {
  if (!segment.unreadable || (unreadable && unreadable.length >= MOST_UNREADABLE)) return unreadable;
  return [...(unreadable ?? []), { seq: segment.seq, reason: segment.unreadable }];
}

function applyOp(document: Document, op: Op): Document {
  if (document.end) return document; // after an end nothing changes
  switch (op.op) {
    case "put":
      return withElement(document, op.deck, op.element.id, () => settled(op.element));
    case "extend":
      return withElement(document, op.deck, op.element.id, (before) => extended(before, op.element));
    case "drop":
      return dropped(document, op.deck, op.id ?? null);
    case "end":
      return { ...document, end: op };
    default:
      return op satisfies never;
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

function replaced(deck: Tab, id: string, next: (before: Element | undefined) => Element): Tab {
  const index = deck.elements.findIndex((element) => element.id === id);
  if (index < 0) return { ...deck, elements: [...deck.elements, next(undefined)] };
  return { ...deck, elements: deck.elements.with(index, next(deck.elements[index])) };
}

function dropped(document: Document, deckName: string, id: string | null): Document {
  const decks = document.decks ?? [];
  if (id === null) return { ...document, decks: decks.filter((deck) => deck.name !== deckName) };
  const without = (deck: Tab): Tab => ({ ...deck, elements: deck.elements.filter((element) => element.id !== id) });
  return { ...document, decks: decks.map((deck) => (deck.name === deckName ? without(deck) : deck)) };
}

/** An element with another's data at its end; one of another kind is replaced. */
function extended(before: Element | undefined, more: Element): Element {
  const applying = before?.kind === more.kind ? applyingOf(more.kind) : undefined;
  return before && applying ? applying.extend(before, more) : settled(more);
}

function settled(element: Element): Element {
  return applyingOf(element.kind)?.settled?.(element) ?? element;
}
