/** Children that come one after the other. */
import type { Layout } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

export const applying: Applying<Layout> = {
  extend: (before, more) => ({ ...before, children: [...(before.children ?? []), ...(more.children ?? [])] }),
  inside: ({ children = [] }) => children,
  hasCells: ({ form }) => form === "row" || form === "grid",
  isTransparent: ({ form }) => form === "cell",
};
