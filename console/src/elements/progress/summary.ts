/** A bar in a headline: as much of it as is done, or all of it while the total is not known. */
import { formatNumber } from "../../core/numerals";
import type { Progress } from "../../protocol/deck.gen";
import type { Summary } from "../kind";

export function summary({ label, value = 0, total = null }: Progress): Summary {
  const share = total === null || total <= 0 ? null : Math.min(1, Math.max(0, value / total));
  return { form: "bar", label, share, amount: share === null ? formatNumber(value) : `${Math.floor(share * 100)} %` };
}
