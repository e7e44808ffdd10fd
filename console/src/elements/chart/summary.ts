/** A chart in a headline: its lines, without axes. */
import type { Chart } from "../../protocol/deck.gen";
import type { Summary } from "../kind";

export function summary({ title, series = [] }: Chart): Summary {
  return { form: "lines", title, lines: series };
}
