/** A progress bar, or a moving one while the amount of work is unknown, and the bars in it. */
import type { Progress } from "../../protocol/deck.gen";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { amountOf, paceOf, phaseOf, shareOf } from "./words";

export class ProgressView implements ElementView<Progress> {
  readonly kind = "progress";
  readonly node = elementNode("progress");
  private readonly head = child(this.node, "div", "ld-progress-head");
  private readonly label = child(this.head, "span", "ld-label");
  private readonly said = child(this.head, "span", "ld-amount");
  private readonly amount = child(this.said, "span", "");
  private readonly pace = child(this.said, "span", "ld-pace");
  private readonly track = child(this.node, "div", "ld-track");
  private readonly bar = child(this.track, "div", "ld-bar");
  private readonly note = child(this.node, "div", "ld-progress-note");
  /** The bars in it stand here. */
  readonly inside = child(this.node, "div", "ld-progress-inner");

  constructor() {
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-valuemin", "0");
  }

  update(next: Progress): void {
    const { label, total = null, note = "" } = next;
    const share = shareOf(next);
    const phase = phaseOf(next);
    const amount = amountOf(next);
    const pace = paceOf(next);
    setText(this.label, label);
    setText(this.amount, amount);
    setText(this.pace, pace && ` ${pace}`);
    setText(this.note, note);
    this.note.hidden = note === "";
    this.node.toggleAttribute("data-indeterminate", share === null && phase === "");
    this.node.toggleAttribute("data-done", phase === "done");
    this.node.toggleAttribute("data-failed", phase === "failed");
    this.bar.style.width = `${(share ?? 1) * 100}%`;
    this.track.setAttribute("aria-label", label);
    this.track.setAttribute("aria-valuetext", amount);
    this.describe("aria-valuenow", share === null || total === null ? null : share * total);
    this.describe("aria-valuemax", share === null ? null : total);
  }

  private describe(name: string, value: number | null): void {
    if (value === null) this.track.removeAttribute(name);
    else this.track.setAttribute(name, String(value));
  }
}

export const viewing: Viewing<Progress> = { View: ProgressView };
