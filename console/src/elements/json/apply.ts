import type { Json } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

/** It does not grow: the newest state replaces the one before. */
export const applying: Applying<Json> = { extend: (_before, more) => more };
