/** How the elements of each kind are shown, by the name of the kind: the `view.ts` in its folder. */
import type { Element } from "../protocol/deck.gen";
import type { Viewing } from "./kind";

const MODULES = import.meta.glob<{ viewing: Viewing<Element> }>("./*/view.ts", { eager: true });
const STYLES = import.meta.glob<string>("./*/*.css", { eager: true, query: "?inline", import: "default" });

/** Undefined for a kind of a newer server's. */
export function viewingOf(kind: string): Viewing<Element> | undefined {
  return MODULES[`./${kind}/view.ts`]?.viewing;
}

/** CSS that only live views need, beyond `livedeck/deck/kinds/*.css`. */
export const VIEW_STYLES: readonly string[] = Object.values(STYLES);
