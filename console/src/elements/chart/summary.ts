/** A chart in a headline: its lines, without axes. */
import type { Chart } from "../../protocol/deck.gen";
import { floats } from "../../core/digits";
import type { Summary } from "../kind";

export function summary({ title, series = [] }: Chart): Summary {
  return { form: "lines", title, lines: series.map(({ name, x, y }) => ({ name, x: floats(x), y: floats(y) })) };
}
