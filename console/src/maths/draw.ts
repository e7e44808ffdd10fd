/**
 * Formulas, by KaTeX. It writes MathML, which browsers draw with their own
 * fonts, so that neither fonts nor styles come with it. A Deck's formulas are somebody else's: nothing in them may reach
 * an address or a style, and what they may take of time and room is bounded.
 */
import katex from "katex";
import type { DrawMaths } from "../elements/markdown/mathsScript";

/** In units of the letters' size: rules and gaps are no longer. */
const MOST_SIZE = 40;
/** Macros that may be expanded in one formula: one that calls itself ends there. */
const MOST_EXPANSIONS = 1000;

export const draw: DrawMaths = (formula, display) =>
  katex.renderToString(formula, {
    output: "mathml",
    displayMode: display,
    throwOnError: true, // and shown by who asks: the error of a recursion too deep is thrown in any case
    strict: "ignore",
    trust: false,
    maxSize: MOST_SIZE,
    maxExpand: MOST_EXPANSIONS,
    macros: {}, // of this formula alone
  });
