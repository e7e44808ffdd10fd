/**
 * What a viewer keeps in sight while a tab scrolls: a second view of an element, above all others. The first one stays in
 * its place, so that nothing is laid out anew.
 */
import type { ElementView } from "../elements/kind";
import { onPin, tellPinned } from "../elements/pinning";
import type { Element } from "../protocol/deck.gen";

export interface PinsOf {
  readonly make: (element: Element) => ElementView;
  /** An element and the node that it has in its place; undefined when it is gone. */
  readonly find: (id: string) => { readonly element: Element; readonly node: HTMLElement } | undefined;
}

export class Pins {
  readonly node = document.createElement("div");
  private readonly views = new Map<string, ElementView>();

  constructor(
    panel: HTMLElement,
    private readonly of: PinsOf,
  ) {
    this.node.className = "ld-pins";
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", "Pinned");
    this.node.hidden = true;
    for (const node of [panel, this.node]) onPin(node, (id) => (this.views.has(id) ? this.unpin(id) : this.pin(id)));
  }

  /** Bring them up to date with a tab. */
  update(deck: string, changed: ReadonlySet<string>): void {
    this.node.dataset["deck"] = deck;
    for (const [id, view] of this.views) {
      const found = this.of.find(id);
      if (found?.element.kind !== view.kind) this.unpin(id);
      else if (changed.has(id)) this.bring(id, view, found.element);
    }
  }

  rethemed(): void {
    for (const view of this.views.values()) view.rethemed?.();
  }

  destroy(): void {
    for (const view of this.views.values()) view.destroy?.();
    this.node.remove();
  }

  private pin(id: string): void {
    const found = this.of.find(id);
    if (!found) return;
    const view = this.of.make(found.element);
    view.node.dataset["element"] = id;
    this.views.set(id, view);
    this.node.append(view.node);
    this.node.hidden = false;
    for (const node of [view.node, found.node]) tellPinned(node, true);
    this.bring(id, view, found.element);
  }

  /** What cannot be shown says so in its place. */
  private bring(id: string, view: ElementView, element: Element): void {
    try {
      view.update(element);
    } catch {
      this.unpin(id);
    }
  }

  private unpin(id: string): void {
    const [view, found] = [this.views.get(id), this.of.find(id)];
    if (!view) return;
    const focused = view.node.contains(document.activeElement);
    this.views.delete(id);
    view.destroy?.();
    view.node.remove();
    this.node.hidden = this.views.size === 0;
    if (!found) return;
    tellPinned(found.node, false);
    if (focused) found.node.querySelector<HTMLElement>("[data-pin]")?.focus({ preventScroll: true });
  }
}
