/** How the elements of each kind change, by the name of the kind: the `apply.ts` in its folder. */
import type { Element } from "../protocol/deck.gen";
import type { Applying } from "./kind";

const MODULES = import.meta.glob<{ applying: Applying<Element> }>("./*/apply.ts", { eager: true });

/** Undefined for a kind of a newer server's. */
export function applyingOf(kind: string): Applying<Element> | undefined {
  return MODULES[`./${kind}/apply.ts`]?.applying;
}
