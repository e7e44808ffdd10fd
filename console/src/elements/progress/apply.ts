import type { Progress } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

/** A kind that does not grow: the newest state replaces the one before. */
export const applying: Applying<Progress> = { extend: (_before, more) => more, inside: ({ bars = [] }) => bars };
