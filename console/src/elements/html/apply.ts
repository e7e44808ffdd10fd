import type { Html } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

export const applying: Applying<Html> = { extend: (before, more) => ({ ...before, html: before.html + more.html }) };
