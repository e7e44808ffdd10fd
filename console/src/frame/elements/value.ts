/** One number or word, shown large. A change lights up for a moment, so that the eye finds it. */
import type { Value } from "../../protocol/deck.gen";
import { formatDelta, formatValue } from "../../core/numerals";
import { child, elementNode, setText, type ElementView } from "./element";

const HIGHLIGHT: readonly Keyframe[] = [{ backgroundColor: "var(--ld-accent-soft)" }, {}];

export class ValueView implements ElementView<Value> {
  readonly kind = "value";
  readonly node = elementNode("value");
  private readonly label = child(this.node, "div", "ld-label");
  private readonly number = child(this.node, "div", "ld-number");
  private readonly figure = child(this.number, "span", "ld-figure");
  private readonly unit = child(this.number, "span", "ld-unit");
  private readonly delta = child(this.node, "div", "ld-delta");
  private shown: string | null = null;

  update({ label, value = null, unit = "", delta = null }: Value): void {
    const text = formatValue(value);
    setText(this.label, label);
    setText(this.figure, text);
    setText(this.unit, unit);
    this.unit.hidden = unit === "";
    this.delta.hidden = delta === null;
    if (delta !== null) {
      setText(this.delta, formatDelta(delta));
      this.delta.dataset["sign"] = delta > 0 ? "up" : delta < 0 ? "down" : "same";
    }
    if (this.shown !== null && this.shown !== text) this.highlight();
    this.shown = text;
  }

  private highlight(): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.node.animate([...HIGHLIGHT], { duration: 700, easing: "ease-out" });
  }
}
