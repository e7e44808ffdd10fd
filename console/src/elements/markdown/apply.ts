import type { Markdown } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

export const applying: Applying<Markdown> = { extend: (before, more) => ({ ...before, text: before.text + more.text }) };
