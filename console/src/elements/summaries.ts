/** What headlines show of the elements of each kind, by the name of the kind: the `summary.ts` in its folder. */
import type { Element } from "../protocol/deck.gen";
import type { Summary } from "./kind";

const MODULES = import.meta.glob<{ summary: (element: Element) => Summary }>("./*/summary.ts", { eager: true });

/** Undefined for a kind of a newer server's, and for one that does not stand in headlines. */
export function summaryOf(element: Element): Summary | undefined {
  return MODULES[`./${element.kind}/summary.ts`]?.summary(element);
}
