/** A tab's panel: what the tab has to say of itself, and its elements, here or in a frame of their own. */
import type { Tab, Document, Element, Segment } from "../protocol/deck.gen";
import { child, isolated } from "../elements/dom";
import { errorNode } from "../elements/failed";
import { viewingOf } from "../elements/viewing";
import { placesIn, type Entry } from "./contents";
import { BlockedNote } from "./notices";
import { PanelView } from "./panel";
import { partOf, TabFrame } from "./tabFrame";

let panels = 0;

export class DeckPanel {
  readonly node = document.createElement("div");
  private readonly blocked = new BlockedNote();
  private elements: PanelView | null = null;
  private frame: TabFrame | null = null;
  private shown: { readonly document: Document; readonly deck: Tab } | null = null;
  private stopped = false;

  constructor(private readonly name: string) {
    this.node.className = "ld-tabpanel";
    // Not crypto.randomUUID(): browsers have it over HTTPS and on localhost only.
    this.node.id = `livedeck-panel-${++panels}`;
    this.node.setAttribute("role", "tabpanel");
    this.node.setAttribute("aria-label", name);
    this.node.tabIndex = 0;
    child(this.node, "h2", "ld-panel-title").append(isolated(name));
    this.node.append(this.blocked.node);
  }

  /** Whether the tab fills what room there is and scrolls by itself, as a page does. */
  get fills(): boolean {
    return this.node.hasAttribute("data-fill");
  }

  /** Whether a viewer has had it on screen in a state before this one. */
  wasSeen = false;

  /** Its sections, groups and headings; of a tab in a frame they are not known. */
  places(): Entry[] {
    return this.elements ? placesIn(this.elements.node) : [];
  }

  /** The nodes of the elements that have changed since the last call. */
  takeChanged(): Iterable<HTMLElement> {
    return this.elements?.takeChanged() ?? [];
  }

  /** What elements are called, and their nodes. */
  named(): Iterable<{ readonly title: string; readonly node: HTMLElement }> {
    return this.elements?.named() ?? [];
  }

  update(document: Document, deck: Tab, segment?: Segment): void {
    this.wasSeen = this.shown !== null;
    this.shown = { document, deck };
    if (this.stopped) return;
    if (this.frame || deck.elements.some(needsFrame)) this.showFramed(partOf(document, deck), segment);
    else this.showHere(deck);
    this.node.toggleAttribute("data-fill", this.frame !== null || isReport(deck));
  }

  /** The tab asked for something from the network, which it cannot have. */
  tellBlocked(host: string): void {
    this.blocked.add(host);
  }

  whenPainted(callback: () => void): void {
    if (this.frame) this.frame.whenPainted(callback);
    else requestAnimationFrame(() => requestAnimationFrame(callback));
  }

  rethemed(): void {
    this.elements?.rethemed();
    this.frame?.rethemed();
  }

  destroy(): void {
    this.elements?.destroy();
    this.frame?.destroy();
    this.node.remove();
  }

  private showHere(deck: Tab): void {
    if (!this.elements) {
      this.elements = new PanelView();
      this.node.append(this.elements.pins.node, this.elements.node);
    }
    this.elements.update(deck);
  }

  /** Once in a frame it stays there: what its scripts have made would be lost. */
  private showFramed(document: Document, segment?: Segment): void {
    this.elements?.destroy();
    this.elements = null;
    if (!this.frame) this.node.append((this.frame = new TabFrame(this.name, (why) => this.stop(why))).node);
    this.frame.update(document, segment);
  }

  private stop(why: string): void {
    this.frame?.destroy();
    this.frame = null;
    this.stopped = true;
    const error = errorNode("A script on this tab was stopped", why);
    const again = document.createElement("button");
    again.type = "button";
    again.className = "ld-small-button";
    again.textContent = "Load the tab again";
    again.addEventListener("click", () => {
      error.remove();
      this.stopped = false;
      if (this.shown) this.showFramed(partOf(this.shown.document, this.shown.deck));
    });
    error.append(again);
    this.node.append(error);
  }
}

function needsFrame(element: Element): boolean {
  return viewingOf(element.kind)?.actsOnTab?.(element) ?? false;
}

/** A tab that is one whole page. */
function isReport({ elements: [only, ...more] }: Tab): boolean {
  return only !== undefined && more.length === 0 && (viewingOf(only.kind)?.isPage?.(only) ?? false);
}
