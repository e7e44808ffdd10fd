/** A value in a headline, with its unit. */
import { formatValue } from "../../core/numerals";
import type { Value } from "../../protocol/deck.gen";
import type { Summary } from "../kind";

export function summary({ label, value = null, unit = "" }: Value): Summary {
  return { form: "figure", label, text: [formatValue(value), unit].filter(Boolean).join(" ") };
}
