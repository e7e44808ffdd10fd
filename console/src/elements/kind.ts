/**
 * What every kind of element has to define, in a folder of its name: `apply.ts`, which exports `applying`, and `view.ts`,
 * which exports `viewing`; a kind that stands in headlines (the trait `headline` of its Python module) also `summary.ts`,
 * which exports `summary`. All are found by the name of the folder; nothing else asks which kind an element is. What is to
 * be known of a kind without these (`TRAITS`) is generated from its Python module. Kinds do not import each other.
 */
import type { Element } from "../protocol/deck.gen";

/** How an element changes. Used wherever there are documents, so that it knows nothing of the page. */
export interface Applying<E extends Element> {
  /**
   * The element with another's data at its end. Data that is the document's own is appended to where it is, so that this
   * costs what is appended and not what is there.
   */
  extend(before: E, more: E): E;
  /** The element as it is kept once it comes, where that is not as it came. */
  settled?(element: E): E;
  /** The element's data becomes the document's own: nobody else has it. */
  own?(element: E): void;
  /** Somebody keeps the element as it is: what is appended goes to a copy of its data. */
  keep?(element: E): void;
  /** Ids of the elements of its tab that stand in it, in order; an id may be that of none. */
  inside?(element: E): readonly string[];
  /** Whether each of what stands in it does so by itself, and in no box with its neighbours. */
  hasCells?(element: E): boolean;
  /** Whether it stands among its neighbours as the first of what is in it would. */
  isTransparent?(element: E): boolean;
}

/** A node that stays in place, and how to bring it up to date. */
export interface ElementView<E extends Element = Element> {
  readonly kind: E["kind"];
  readonly node: HTMLElement;
  /** Of an element that holds others: where they stand. Known once it has been updated. */
  readonly inside?: HTMLElement;
  /** Show this state; touches only what differs from the state before. Called while the node is on screen. */
  update(next: E): void;
  /** The theme changed: colours that CSS does not reach are to be drawn anew. */
  rethemed?(): void;
  /** Gone for good: stop observers. */
  destroy?(): void;
}

/** How an element is shown. */
export interface Viewing<E extends Element> {
  readonly View: new () => ElementView<E>;
  /** Whether it acts on all of its tab, which has to have a document of its own then. */
  actsOnTab?(element: E): boolean;
  /** Id of an element, on whichever tab, without which it cannot be shown; empty if there is none. */
  needs?(element: E): string;
  /** Whether it is a page, which takes all the room there is where it is alone. */
  isPage?(element: E): boolean;
}

/** What is shown of an element where Decks of many tasks stand side by side. */
export type Summary =
  /** How far something is: a share from 0 to 1, null where that cannot be known, and the same in words. */
  | { readonly form: "bar"; readonly label: string; readonly share: number | null; readonly amount: string }
  /** A number or a word. */
  | { readonly form: "figure"; readonly label: string; readonly text: string }
  /** A small picture of lines, three at most. */
  | { readonly form: "lines"; readonly title: string; readonly lines: readonly SummaryLine[] };

export interface SummaryLine {
  readonly name: string;
  readonly x: readonly (number | null)[];
  readonly y: readonly (number | null)[];
}
