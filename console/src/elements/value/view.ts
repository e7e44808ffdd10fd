/** A number or word, shown large. What has changed of it fades in, so that the eye finds it; not all the time. */
import type { Value } from "../../protocol/deck.gen";
import { formatValue } from "../../core/numerals";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { deltaWords, isReached, targetWords, trendPath, trendWords } from "./words";

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
  private readonly trend = new TrendView(this.node);
  private readonly number = child(this.node, "div", "ld-number");
  private readonly figure = child(this.number, "span", "ld-quantity");
  private readonly same = child(this.figure, "span", "");
  private readonly changed = child(this.figure, "span", "");
  private readonly unit = child(this.number, "span", "ld-unit");
  private readonly delta = child(this.node, "div", "ld-delta");
  private readonly target = child(this.node, "div", "ld-target");
  private shown: string | null = null;
  private faded = -Infinity;

  update(next: Value): void {
    const { label, value = null, unit = "", recent = [] } = next;
    const text = formatValue(value);
    setText(this.label, label);
    setText(this.unit, unit);
    this.unit.hidden = unit === "";
    this.label.title = label;
    this.figure.style.setProperty("--ld-unit", String(unit !== "" && unit.length <= SHORT_UNIT ? unit.length + 1 : 0));
    this.trend.update(recent);
    this.compare(next);
    if (this.shown === text) return;
    this.node.toggleAttribute("data-words", typeof value === "string" && !NUMBER.test(value));
    this.node.toggleAttribute("data-long", text.length > LONG);
    this.figure.style.setProperty("--ld-length", String(text.length));
    this.write(text);
  }

  /** How it has changed, and how far it is from its target. */
  private compare(next: Value): void {
    const { value = null, delta = null, target = null, up_is_good: upIsGood = null } = next;
    this.delta.hidden = delta === null;
    if (delta !== null) {
      setText(this.delta, deltaWords(delta, upIsGood));
      this.delta.dataset["sign"] = delta > 0 ? "up" : delta < 0 ? "down" : "same";
      if (upIsGood === null || delta === 0) delete this.delta.dataset["good"];
      else this.delta.dataset["good"] = delta > 0 === upIsGood ? "yes" : "no";
    }
    this.target.hidden = target === null;
    if (target !== null) setText(this.target, targetWords(value, target));
    this.target.toggleAttribute("data-reached", isReached(next));
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

/** The line of the last values, in a corner of the tile; made when there is one. */
class TrendView {
  private picture: SVGElement | null = null;
  private line: SVGElement | null = null;
  private shown: readonly number[] = [];

  constructor(private readonly tile: HTMLElement) {}

  update(recent: readonly number[]): void {
    if (recent === this.shown) return;
    this.shown = recent;
    const path = trendPath(recent);
    this.tile.toggleAttribute("data-trend", path !== "");
    if (path === "") {
      this.picture?.remove();
      this.picture = this.line = null;
      return;
    }
    if (!this.picture) {
      this.picture = svg("svg", { class: "ld-trend", viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img" });
      this.line = this.picture.appendChild(svg("path", {}));
      this.tile.firstElementChild?.after(this.picture);
    }
    this.picture.setAttribute("aria-label", trendWords(recent));
    this.line?.setAttribute("d", path);
  }
}

function svg(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** How many characters two texts begin with alike. */
function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return length;
}

export const viewing: Viewing<Value> = { View: ValueView };
