/** A bar in a headline: as much of it as is done, or all of it while the total is not known; and how it has ended. */
import { formatNumber } from "../../core/numerals";
import type { Progress } from "../../protocol/deck.gen";
import type { Summary } from "../kind";
import { filledOf, percent, phaseOf, shareOf } from "./words";

export function summary(bar: Progress): Summary {
  const { label, value = 0, total = null } = bar;
  const share = filledOf(bar);
  if (phaseOf(bar) === "done" && shareOf(bar) !== 1) return { form: "bar", label, share, amount: "done" };
  const amount = share === null || total === null ? formatNumber(value) : `${percent(value, total)} %`;
  return { form: "bar", label, share, amount: phaseOf(bar) === "failed" ? `${amount} · failed` : amount };
}
