import type { Text } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { descends } from "../lineage";

export const applying: Applying<Text> = {
  extend: (before, more) => descends({ ...before, text: before.text + more.text }, before),
};
