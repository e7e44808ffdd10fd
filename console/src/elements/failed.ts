/** What stands in the place of an element that cannot be shown. */
import type { Element } from "../protocol/deck.gen";
import { child, elementNode } from "./dom";
import type { ElementView } from "./kind";

/** The look of `render_error` in `livedeck/deck/renderers.py`; `source` is what was to be shown, where it is text. */
export function errorNode(what: string, error: unknown, source?: string): HTMLElement {
  const node = document.createElement("div");
  node.className = "ld-error";
  node.setAttribute("role", "alert");
  child(node, "p", "ld-error-title").textContent = what;
  child(node, "p", "ld-error-words").textContent = String(error);
  if (source !== undefined) child(node, "pre", "ld-error-source").textContent = source;
  return node;
}

export class FailedView implements ElementView {
  readonly node: HTMLElement;

  constructor(
    readonly kind: Element["kind"],
    error: unknown,
  ) {
    this.node = elementNode(kind);
    this.node.append(errorNode(`This element (${kind}) could not be shown`, error));
  }

  /** Stays as it is: for another state of the element the panel tries the element's own view again. */
  update(): void {
    // Nothing to do.
  }
}
