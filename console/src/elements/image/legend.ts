/** What lies over a picture, by its colours: a button each shows and hides it. */
import type { Picture } from "../../protocol/deck.gen";
import { child, setText } from "../dom";
import { classKey, cssColor, NAMES, POINTS } from "./layer";

interface Entry {
  readonly label: string;
  /** Empty: of several colours, or of none. */
  readonly color: string;
  /** What the button hides. */
  readonly keys: readonly string[];
}

export class Legend {
  readonly node: HTMLElement;
  /** What the viewer does not want to see. The names of points are in the way until one asks for them. */
  readonly hidden = new Set<string>([NAMES]);
  private entries: readonly Entry[] = [];

  constructor(parent: HTMLElement, changed: () => void) {
    this.node = child(parent, "div", "ld-image-legend");
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", "Shown over the picture");
    this.node.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      const entry = button && this.entries[[...this.node.children].indexOf(button)];
      if (!entry) return;
      const shown = entry.keys.some((key) => !this.hidden.has(key));
      for (const key of entry.keys) {
        if (shown) this.hidden.add(key);
        else this.hidden.delete(key);
      }
      changed();
    });
  }

  /** Show the buttons that a picture needs; one stays in its place, and keeps the focus. */
  show(picture: Picture): void {
    this.entries = picture.src === "" ? [] : [...entriesOf(picture)];
    const { children } = this.node;
    while (children.length > this.entries.length) this.node.lastElementChild?.remove();
    for (const [index, { label, color, keys }] of this.entries.entries()) {
      const button = children[index] ?? newButton(this.node);
      const [square, words] = button.children as unknown as [HTMLElement, HTMLElement];
      square.hidden = color === "";
      square.style.backgroundColor = color;
      setText(words, label);
      button.setAttribute("aria-pressed", String(keys.some((key) => !this.hidden.has(key))));
    }
    this.node.hidden = this.entries.length === 0;
  }
}

function* entriesOf({ masks = [], poses = [] }: Picture): Generator<Entry> {
  for (const mask of masks) {
    const keys = mask.classes.map(({ name }) => classKey(mask, name));
    if (mask.name && keys.length > 1) yield { label: mask.name, color: "", keys };
    for (const { name, color } of mask.classes) {
      const label = mask.name ? `${mask.name}: ${name}` : name;
      yield { label, color: cssColor(color), keys: [classKey(mask, name)] };
    }
  }
  if (poses.length > 0) yield { label: "Keypoints", color: "", keys: [POINTS] };
  if (poses.some(({ points }) => points.some(({ name }) => name))) yield { label: "Names", color: "", keys: [NAMES] };
}

function newButton(parent: HTMLElement): HTMLElement {
  const button = child(parent, "button", "ld-small-button") as HTMLButtonElement;
  button.type = "button";
  child(button, "span", "ld-image-color");
  child(button, "bdi", "");
  return button;
}
