/** What the frame of a tab shows: its elements, without tabs and without anything of the page around them. */
import type { Document, Tab } from "../protocol/deck.gen";
import { pageScripts } from "./pageScripts";
import { PanelView } from "./panel";
import { NEEDED } from "./tabFrame";

const NONE: Tab = { name: "", elements: [] };

export class TabView {
  private readonly page = document.createElement("main");
  /** What the tab needs of other tabs, which stands before it and is not seen. */
  private readonly needed = new PanelView();
  private readonly panel = new PanelView();
  private over = false;
  private ended = false;

  constructor(root: HTMLElement) {
    this.page.className = "ld-page ld-page-inner";
    this.needed.node.hidden = true;
    this.page.append(this.needed.node, this.panel.pins.node, this.panel.node);
    root.append(this.page);
  }

  show(document: Document): void {
    this.ended = Boolean(document.end);
    this.markEnded();
    const { decks = [] } = document;
    this.needed.update(decks.find(({ name }) => name === NEEDED) ?? NONE);
    this.panel.update(decks.find(({ name }) => name !== NEEDED) ?? NONE);
    pageScripts.settled(this.panel.node);
    window.document.dispatchEvent(new Event("livedeck:settled"));
  }

  /** The attempt is over, also where the document does not say so. */
  endedElsewhere(over: boolean): void {
    this.over = over;
    this.markEnded();
  }

  private markEnded(): void {
    this.page.toggleAttribute("data-ended", this.over || this.ended);
  }

  rethemed(): void {
    this.panel.rethemed();
  }

  whenPainted(callback: () => void): void {
    requestAnimationFrame(() => requestAnimationFrame(callback));
  }
}
