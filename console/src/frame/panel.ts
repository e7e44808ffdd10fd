/** A tab's elements. Nodes stay where they are from one update to the next; only what changed is touched. */
import { arranged, groupingName, holdsAlike, runs, type Placed, type Run } from "../document/arrangement";
import { FailedView } from "../elements/failed";
import type { ElementView } from "../elements/kind";
import { viewingOf } from "../elements/viewing";
import type { Tab, Element } from "../protocol/deck.gen";
import { Boxes } from "./boxes";
import { Pins } from "./pins";

interface Shown {
  readonly view: ElementView;
  readonly element: Element;
}

export class PanelView {
  readonly node = document.createElement("div");
  private readonly boxes = new Boxes();
  /** Runs in which groups were found, by the first of their elements: they are kept. */
  private readonly grouped = new Set<string>();
  private shown = new Map<string, Shown>();
  private changed = new Set<HTMLElement>();
  private waits = false;
  /** What the viewer keeps in sight, to be put before the node. */
  readonly pins = new Pins(this.node, {
    make,
    find: (id) => {
      const shown = this.shown.get(id);
      return shown && { element: shown.element, node: shown.view.node };
    },
  });

  constructor() {
    this.node.className = "ld-panel";
  }

  update(deck: Tab): void {
    this.node.dataset["deck"] = deck.name;
    const before = this.shown;
    const same = isSameStructure(before, deck.elements);
    this.shown = new Map(deck.elements.map((element) => [element.id, this.reuse(before.get(element.id), element)]));
    for (const [id, { view }] of before) {
      if (this.shown.get(id)?.view !== view) discard(view);
    }
    const changes = [...this.shown].filter(([id, { view, element }]) => before.get(id)?.element !== element || before.get(id)?.view !== view);
    for (const [id, { view, element }] of changes) if (view.inside) this.bring(id, view, element);
    if (!same) this.arrange();
    // Only now: a view may measure itself, or run a script that looks for its own node.
    for (const [id, { view, element }] of changes) if (!view.inside) this.bring(id, view, element);
    for (const [, { view }] of changes) this.changed.add(view.node);
    this.pins.update(deck.name, new Set(changes.map(([id]) => id)));
  }

  rethemed(): void {
    for (const { view } of this.shown.values()) view.rethemed?.();
    this.pins.rethemed();
  }

  destroy(): void {
    for (const { view } of this.shown.values()) discard(view);
    this.pins.destroy();
    this.node.remove();
  }

  /** The nodes of the elements that have changed since the last call. */
  takeChanged(): ReadonlySet<HTMLElement> {
    const changed = this.changed;
    this.changed = new Set();
    return changed;
  }

  /** What elements are called, and their nodes. */
  *named(): Iterable<{ readonly title: string; readonly node: HTMLElement }> {
    for (const { view, element } of this.shown.values()) {
      const title = nameOf(element);
      if (title !== "") yield { title, node: view.node };
    }
  }

  private reuse(before: Shown | undefined, element: Element): Shown {
    const view = before && stillFits(before, element) ? before.view : make(element);
    view.node.dataset["element"] = element.id;
    return { view, element };
  }

  private arrange(): void {
    this.fill(this.node, arranged([...this.shown.values()].map(({ element }) => element)), null);
  }

  /** Put elements into a node, and what stands in them into theirs. */
  private fill(parent: HTMLElement, placed: readonly Placed[], holder: Element | null): void {
    const nodesOf = (run: Run): HTMLElement[] => run.placed.flatMap((each) => this.nodesOf(each));
    this.boxes.place(parent, runs(placed, holder, (run) => this.finds(run)), nodesOf);
  }

  /** The element's node; of one that has no place for what stands in it, the nodes of that too. */
  private nodesOf({ element, children }: Placed): HTMLElement[] {
    const view = this.shown.get(element.id)?.view;
    if (!view) return [];
    if (view.inside) this.fill(view.inside, children, element);
    else if (children.length > 0) return [view.node, ...children.flatMap((each) => this.nodesOf(each))];
    return [view.node];
  }

  /** Whether a run is shown in the groups that were found in it: nothing is laid out anew under the pointer. */
  private finds({ placed: [first] }: Run): boolean {
    const key = first?.element.id ?? "";
    if (this.grouped.has(key)) return true;
    if (this.node.children.length > 0 && this.node.matches(":hover")) {
      this.wait();
      return false;
    }
    this.grouped.add(key);
    return true;
  }

  private wait(): void {
    if (this.waits) return;
    this.waits = true;
    const arrange = () => {
      this.waits = false;
      this.arrange();
    };
    this.node.addEventListener("pointerleave", arrange, { once: true });
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

/** Whether the same elements stand in the same places. */
function isSameStructure(shown: ReadonlyMap<string, Shown>, elements: readonly Element[]): boolean {
  if (shown.size !== elements.length) return false;
  const before = shown.values();
  return elements.every((element) => {
    const held = before.next().value;
    if (held?.element.id !== element.id || !stillFits(held, element)) return false;
    if (held.element === element) return true;
    return holdsAlike(held.element, element) && groupingName(element) === groupingName(held.element);
  });
}

/** What an element is called by its author, if it is. */
function nameOf(element: Element): string {
  const { title, label, caption } = element as { readonly title?: unknown; readonly label?: unknown; readonly caption?: unknown };
  return [title, label, caption].find((name): name is string => typeof name === "string" && name !== "") ?? "";
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
