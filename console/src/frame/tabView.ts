/** What the frame of a tab shows: its elements, without tabs and without anything of the page around them. */
import type { Document } from "../protocol/deck.gen";
import { pageScripts } from "./pageScripts";
import { PanelView } from "./panel";

export class TabView {
  private readonly page = document.createElement("main");
  private readonly panel = new PanelView();

  constructor(root: HTMLElement) {
    this.page.className = "ld-page ld-page-inner";
    this.page.append(this.panel.node);
    root.append(this.page);
  }

  show(document: Document): void {
    this.page.toggleAttribute("data-ended", Boolean(document.end));
    this.panel.update(document.decks?.[0] ?? { name: "", elements: [] });
    pageScripts.settled(this.panel.node);
  }

  rethemed(): void {
    this.panel.rethemed();
  }

  whenPainted(callback: () => void): void {
    requestAnimationFrame(() => requestAnimationFrame(callback));
  }
}
