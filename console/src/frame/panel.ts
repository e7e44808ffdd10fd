/** A tab's elements. Nodes stay where they are from one update to the next; only what changed is touched. */
import { FailedView } from "../elements/failed";
import type { ElementView } from "../elements/kind";
import { viewingOf } from "../elements/viewing";
import { TRAITS, type Tab, type Element } from "../protocol/deck.gen";

interface Shown {
  readonly view: ElementView;
  readonly element: Element;
}

export class PanelView {
  readonly node = document.createElement("div");
  private shown = new Map<string, Shown>();

  constructor() {
    this.node.className = "ld-panel";
  }

  update(deck: Tab): void {
    const before = this.shown;
    this.shown = new Map(deck.elements.map((element) => [element.id, this.reuse(before.get(element.id), element)]));
    for (const [id, { view }] of before) {
      if (this.shown.get(id)?.view !== view) discard(view);
    }
    place(this.node, grouped([...this.shown.values()].map(({ view }) => view)));
    // Only now: a view may measure itself, or run a script that looks for its own node.
    for (const [id, { view, element }] of this.shown) {
      if (before.get(id)?.element !== element || before.get(id)?.view !== view) this.bring(id, view, element);
    }
  }

  rethemed(): void {
    for (const { view } of this.shown.values()) view.rethemed?.();
  }

  destroy(): void {
    for (const { view } of this.shown.values()) discard(view);
    this.node.remove();
  }

  private reuse(before: Shown | undefined, element: Element): Shown {
    const view = before && stillFits(before, element) ? before.view : make(element);
    view.node.dataset["element"] = element.id;
    return { view, element };
  }

  /** An element that cannot be shown must not take those behind it along. */
  private bring(id: string, view: ElementView, element: Element): void {
    try {
      view.update(element);
    } catch (error) {
      const failed = new FailedView(element.kind, error);
      failed.node.dataset["element"] = id;
      view.node.replaceWith(failed.node);
      discard(view);
      this.shown.set(id, { view: failed, element });
    }
  }
}

function stillFits({ view, element: before }: Shown, element: Element): boolean {
  return view.kind === element.kind && (!(view instanceof FailedView) || before === element);
}

function make({ kind }: Element): ElementView {
  const viewing = viewingOf(kind);
  if (!viewing) return new FailedView(kind, "This page does not know it yet: load it again.");
  try {
    return new viewing.View();
  } catch (error) {
    return new FailedView(kind, error);
  }
}

function discard(view: ElementView): void {
  view.destroy?.();
  view.node.remove();
}

/** The panel's children: nodes, and lists of nodes that share a group's class. */
type Placed = HTMLElement | { readonly className: string; readonly nodes: HTMLElement[] };

function grouped(views: readonly ElementView[]): Placed[] {
  const placed: Placed[] = [];
  for (const { kind, node } of views) {
    const className = TRAITS[kind]?.group ?? "";
    const last = placed.at(-1);
    if (className === "") placed.push(node);
    else if (last && !(last instanceof HTMLElement) && last.className === className) last.nodes.push(node);
    else placed.push({ className, nodes: [node] });
  }
  return placed;
}

/** Put the children in order, moving none that is in its place already. */
function place(parent: HTMLElement, children: readonly Placed[]): void {
  const nodes = children.map((child) => {
    if (child instanceof HTMLElement) return child;
    const group = groupOf(parent, child.className, child.nodes);
    order(group, child.nodes);
    return group;
  });
  order(parent, nodes);
}

/** The group that holds the first of these nodes already, or a new one. */
function groupOf(parent: HTMLElement, className: string, nodes: readonly HTMLElement[]): HTMLElement {
  const held = nodes.find((node) => node.parentElement !== parent)?.parentElement;
  if (held?.parentElement === parent && held.className === className && held.firstElementChild === nodes[0]) return held;
  const group = document.createElement("div");
  group.className = className;
  return group;
}

function order(parent: HTMLElement, nodes: readonly HTMLElement[]): void {
  nodes.forEach((node, index) => {
    const there = parent.children.item(index);
    if (there !== node) parent.insertBefore(node, there);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild?.remove();
}
