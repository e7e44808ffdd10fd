/** A progress bar, or a moving one while the amount of work is unknown. */
import type { Progress } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

export class ProgressView implements ElementView<Progress> {
  readonly kind = "progress";
  readonly node = elementNode("progress");
  private readonly head = child(this.node, "div", "ld-progress-head");
  private readonly label = child(this.head, "span", "ld-label");
  private readonly amount = child(this.head, "span", "ld-amount");
  private readonly track = child(this.node, "div", "ld-track");
  private readonly bar = child(this.track, "div", "ld-bar");

  constructor() {
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-valuemin", "0");
  }

  update({ label, value = 0, total = null, unit = "" }: Progress): void {
    const share = total === null || total <= 0 ? null : Math.min(1, Math.max(0, value / total));
    setText(this.label, label);
    setText(this.amount, amountText(value, total, unit, share));
    this.node.toggleAttribute("data-indeterminate", share === null);
    this.node.toggleAttribute("data-done", share === 1);
    this.bar.style.width = `${(share ?? 1) * 100}%`;
    this.track.setAttribute("aria-label", label);
    this.describe(value, total, share);
  }

  private describe(value: number, total: number | null, share: number | null): void {
    if (share === null) {
      this.track.removeAttribute("aria-valuenow");
      this.track.removeAttribute("aria-valuemax");
    } else {
      this.track.setAttribute("aria-valuenow", String(value));
      this.track.setAttribute("aria-valuemax", String(total));
    }
  }
}

function amountText(value: number, total: number | null, unit: string, share: number | null): string {
  const words = unit ? ` ${unit}` : "";
  if (total === null || share === null) return `${formatNumber(value)}${words}`;
  return `${formatNumber(value)} of ${formatNumber(total)}${words} · ${percent(value, total)} %`;
}

/** Rounded down, as in `livedeck/deck/kinds/progress.py`; multiplied first, for 29 / 100 * 100 is less than 29. */
function percent(value: number, total: number): number {
  return Math.floor(Math.min(100, Math.max(0, (value * 100) / total)));
}

export const viewing: Viewing<Progress> = { View: ProgressView };
