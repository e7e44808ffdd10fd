/**
 * A document on screen. Only the chosen deck's panel is kept up to date; the others are when they are chosen, so
 * that what nobody looks at costs nothing and nothing is drawn into a box without a size.
 */
import type { Deck, Document } from "../protocol/deck.gen";
import { formatNumber } from "./numbers";
import { setText } from "./elements/element";
import { PanelView } from "./panel";
import { TabStrip } from "./tabs";

export class DocumentView {
  private readonly page = document.createElement("main");
  private readonly tabs = new TabStrip((name) => this.choose(name));
  private readonly emptyTitle = document.createElement("strong");
  private readonly emptyText = document.createElement("span");
  private readonly empty = document.createElement("div");
  private readonly health = document.createElement("footer");
  private readonly panels = new Map<string, PanelView>();
  private readonly scrolled = new Map<string, number>();
  private decks: readonly Deck[] = [];
  private chosen: string | null = null;

  constructor(root: HTMLElement) {
    this.page.className = "ld-page";
    this.health.className = "ld-health";
    this.empty.className = "ld-empty";
    this.empty.hidden = this.tabs.node.hidden = this.health.hidden = true; // until there is a document
    this.empty.append(this.emptyTitle, this.emptyText);
    this.page.append(this.tabs.node, this.empty, this.health);
    root.append(this.page);
  }

  show(next: Document): void {
    this.decks = next.decks ?? [];
    this.page.toggleAttribute("data-ended", Boolean(next.end));
    this.empty.hidden = this.decks.length > 0;
    setText(this.emptyTitle, next.end ? "Nothing was published" : "Nothing published yet");
    setText(this.emptyText, next.end ? "" : "What the task publishes appears here as it happens.");
    this.tabs.node.hidden = this.decks.length === 0;
    this.health.hidden = this.decks.length === 0;
    setText(this.health, healthWords(next));
    this.forget();
    if (!this.decks.some((deck) => deck.name === this.chosen)) this.chosen = this.decks[0]?.name ?? null;
    this.refresh();
  }

  rethemed(): void {
    for (const panel of this.panels.values()) panel.rethemed();
  }

  /** Every tab keeps its own scroll position. */
  private choose(name: string): void {
    if (name === this.chosen) return;
    if (this.chosen !== null) this.scrolled.set(this.chosen, window.scrollY);
    this.chosen = name;
    this.refresh();
    window.scrollTo({ top: this.scrolled.get(name) ?? 0, behavior: "instant" });
  }

  private refresh(): void {
    this.tabs.update(
      this.decks.map((deck) => deck.name),
      this.chosen,
    );
    for (const deck of this.decks) {
      const panel = this.panel(deck.name);
      panel.node.hidden = deck.name !== this.chosen;
      if (deck.name === this.chosen) panel.update(deck);
    }
  }

  private panel(name: string): PanelView {
    const known = this.panels.get(name);
    if (known) return known;
    const panel = new PanelView();
    this.panels.set(name, panel);
    this.page.insertBefore(panel.node, this.health);
    this.tabs.bind(name, panel.node);
    return panel;
  }

  private forget(): void {
    for (const [name, panel] of this.panels) {
      if (this.decks.some((deck) => deck.name === name)) continue;
      panel.destroy();
      this.panels.delete(name);
      this.scrolled.delete(name);
    }
  }
}

/** How publishing has gone so far: what did not go straight through is said, the rest is one number. */
function healthWords({ seq = 0, health = {} }: Document): string {
  const { merged = 0, retried = 0, behind = 0 } = health;
  return [
    seq === 1 ? "1 update stored" : `${formatNumber(seq)} updates stored`,
    ...(merged > 0 ? [`${formatNumber(merged)} merged into others`] : []),
    ...(retried > 0 ? [`${formatNumber(retried)} tried again`] : []),
    ...(behind >= 1 ? [`the last one ${behind.toFixed(1)} s late`] : []),
  ].join(" · ");
}
