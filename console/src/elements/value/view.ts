/** A number or word, shown large. What has changed of it fades in, so that the eye finds it; not all the time. */
import type { Value } from "../../protocol/deck.gen";
import { formatDelta, formatValue } from "../../core/numerals";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

const FADE: readonly Keyframe[] = [{ color: "var(--ld-accent)" }, {}];
const FADE_MS = 600;
/** Milliseconds from one fade to the next: a value that changes with every frame would glow for ever. */
const REST_MS = 1000;
/** Characters beyond which a value has the room of two tiles, as in `livedeck/deck/kinds/value.py`. */
const LONG = 14;
/** Characters up to which a unit stays on the line of its number. */
const SHORT_UNIT = 4;
const NUMBER = /^-?\d[\d,]*(\.\d+)?(e[+-]\d+)?$/;

export class ValueView implements ElementView<Value> {
  readonly kind = "value";
  readonly node = elementNode("value");
  private readonly label = child(this.node, "div", "ld-label");
  private readonly number = child(this.node, "div", "ld-number");
  private readonly figure = child(this.number, "span", "ld-quantity");
  private readonly same = child(this.figure, "span", "");
  private readonly changed = child(this.figure, "span", "");
  private readonly unit = child(this.number, "span", "ld-unit");
  private readonly delta = child(this.node, "div", "ld-delta");
  private shown: string | null = null;
  private faded = -Infinity;

  update({ label, value = null, unit = "", delta = null }: Value): void {
    const text = formatValue(value);
    setText(this.label, label);
    setText(this.unit, unit);
    this.unit.hidden = unit === "";
    this.label.title = label;
    this.figure.style.setProperty("--ld-unit", String(unit !== "" && unit.length <= SHORT_UNIT ? unit.length + 1 : 0));
    this.delta.hidden = delta === null;
    if (delta !== null) {
      setText(this.delta, formatDelta(delta));
      this.delta.dataset["sign"] = delta > 0 ? "up" : delta < 0 ? "down" : "same";
    }
    if (this.shown === text) return;
    this.node.toggleAttribute("data-words", typeof value === "string" && !NUMBER.test(value));
    this.node.toggleAttribute("data-long", text.length > LONG);
    this.figure.style.setProperty("--ld-length", String(text.length));
    this.write(text);
  }

  private write(text: string): void {
    const first = this.shown === null;
    const kept = first ? text.length : commonLength(this.shown ?? "", text);
    setText(this.same, text.slice(0, kept));
    setText(this.changed, text.slice(kept));
    this.shown = text;
    if (!first) this.fade();
  }

  private fade(): void {
    const now = performance.now();
    if (now - this.faded < REST_MS || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.faded = now;
    this.changed.animate([...FADE], { duration: FADE_MS, easing: "ease-out" });
  }
}

/** How many characters two texts begin with alike. */
function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}

export const viewing: Viewing<Value> = { View: ValueView };
