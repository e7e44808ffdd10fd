/** A progress bar, or a moving one while the amount of work is unknown, and the bars in it. */
import type { Progress } from "../../protocol/deck.gen";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { amountOf, filledOf, paceOf, phaseOf, shareOf } from "./words";

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
    const filled = filledOf(next);
    const counted = total !== null && shareOf(next) !== null;
    const phase = phaseOf(next);
    const amount = amountOf(next);
    const pace = paceOf(next);
    setText(this.label, label);
    setText(this.amount, amount);
    setText(this.pace, pace && ` ${pace}`);
    setText(this.note, note);
    this.note.hidden = note === "";
    this.node.toggleAttribute("data-indeterminate", filled === null && phase === "");
    this.node.toggleAttribute("data-done", phase === "done");
    this.node.toggleAttribute("data-failed", phase === "failed");
    this.bar.style.width = `${(filled ?? 1) * 100}%`;
    this.track.setAttribute("aria-label", label);
    this.track.setAttribute("aria-valuetext", amount);
    this.describe("aria-valuenow", counted && filled !== null ? filled * total : null);
    this.describe("aria-valuemax", counted ? total : null);
  }

  private describe(name: string, value: number | null): void {
    if (value === null) this.track.removeAttribute(name);
    else this.track.setAttribute(name, String(value));
  }
}

export const viewing: Viewing<Progress> = { View: ProgressView };
