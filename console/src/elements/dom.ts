/** The nodes that views are made of. */
import type { Element } from "../protocol/deck.gen";

export function elementNode(kind: Element["kind"]): HTMLElement {
  const node = document.createElement("div");
  node.className = `ld-element ld-${kind}`;
  return node;
}

export function child(parent: HTMLElement, tag: keyof HTMLElementTagNameMap, className: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  parent.append(node);
  return node;
}

/** Set text only when it differs: a selection in it survives, and nothing is laid out for nothing. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A name that a task chose: whatever direction it has or claims (U+202E), what stands beside it keeps its own. */
export function isolated(name: string): HTMLElement {
  const node = document.createElement("bdi");
  node.textContent = name;
  return node;
}
