/**
 * A document on screen. Only the chosen deck's panel is kept up to date; the others are when they are chosen, so
 * that what nobody looks at costs nothing and nothing is drawn into a box without a size.
 */
import type { Tab, Document, Segment } from "../protocol/deck.gen";
import { formatDuration, formatNumber } from "../core/numerals";
import { ContentsList } from "./contents";
import { DeckPanel } from "./deckPanel";
import { setText } from "../elements/dom";
import { TabStrip } from "./tabs";

/** From how many tabs on they are listed at the left instead of above. */
const MANY_TABS = 7;
/** From how many sections, groups and headings on they are listed. */
const MANY_PLACES = 4;
/** Milliseconds from one look at what is to be listed to the next. */
const LIST_MS = 500;

export class DocumentView {
  private readonly page = document.createElement("main");
  private readonly tabs = new TabStrip((name) => this.chosenByViewer(name));
  private readonly contents = new ContentsList(
    (name) => this.chosenByViewer(name),
    () => this.shownPanel?.named() ?? [],
  );
  /** Tabs that have a list of contents: it stays, so that nothing moves. */
  private readonly listed = new Set<string>();
  /** What each tab was when it was last looked at. */
  private readonly looked = new Map<string, Tab>();
  private listing: number | null = null;
  private readonly emptyTitle = document.createElement("strong");
  private readonly emptyText = document.createElement("span");
  private readonly empty = document.createElement("div");
  private readonly health = document.createElement("footer");
  private readonly panels = new Map<string, DeckPanel>();
  private readonly scrolled = new Map<string, number>();
  private document: Document = {};
  /** The attempt is over, also where the document does not say so. */
  private over = false;
  private chosen: string | null = null;
  /** The tab that the page asked for; what the viewer chooses takes its place. */
  private preferred: string | null = null;
  /** Called with a tab that the viewer chose. */
  chose: (name: string) => void = () => undefined;

  constructor(root: HTMLElement) {
    this.page.className = "ld-page";
    this.health.className = "ld-health";
    this.empty.className = "ld-empty";
    this.empty.hidden = this.tabs.node.hidden = this.health.hidden = true; // until there is a document
    this.empty.append(this.emptyTitle, this.emptyText);
    this.page.append(this.contents.node, this.tabs.node, this.empty, this.health);
    this.page.addEventListener("pointerleave", () => this.listSoon());
    root.append(this.page);
  }

  private get shownPanel(): DeckPanel | undefined {
    return this.chosen === null ? undefined : this.panels.get(this.chosen);
  }

  private chosenByViewer(name: string): void {
    this.preferred = null;
    this.choose(name);
    this.chose(name);
  }

  private get decks(): readonly Tab[] {
    return this.document.decks ?? [];
  }

  show(next: Document, segment?: Segment): void {
    this.document = next;
    this.markEnded();
    this.empty.hidden = this.decks.length > 0;
    this.tabs.node.hidden = this.decks.length === 0;
    this.health.hidden = this.decks.length === 0;
    setText(this.health, healthWords(next));
    this.forget();
    if (this.has(this.preferred)) this.chosen = this.preferred;
    if (!this.has(this.chosen)) this.chosen = this.decks[0]?.name ?? null;
    this.refresh(segment);
  }

  endedElsewhere(over: boolean): void {
    this.over = over;
    this.markEnded();
  }

  private markEnded(): void {
    const ended = this.over || Boolean(this.document.end);
    this.page.toggleAttribute("data-ended", ended);
    setText(this.emptyTitle, ended ? "Nothing was published" : "Nothing published yet");
    setText(this.emptyText, ended ? "" : "What the task publishes appears here as it happens.");
  }

  /** Call back once what was shown last has been on screen for a frame. */
  whenPainted(callback: () => void): void {
    const panel = this.chosen === null ? undefined : this.panels.get(this.chosen);
    if (panel) panel.whenPainted(callback);
    else requestAnimationFrame(() => requestAnimationFrame(callback));
  }

  /** Something at this place, or else on the tab that is shown, asked for something of a host in vain. */
  blocked(host: string, at: Element | null): void {
    const panel = [...this.panels.values()].find(({ node }) => at && node.contains(at));
    (panel ?? (this.chosen === null ? undefined : this.panels.get(this.chosen)))?.tellBlocked(host);
  }

  /** Show this tab, once it is there. */
  prefer(name: string): void {
    this.preferred = name;
    if (this.has(name)) this.choose(name);
  }

  private has(name: string | null): boolean {
    return this.decks.some((deck) => deck.name === name);
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

  private refresh(segment?: Segment): void {
    this.tabs.update(
      this.decks.map((deck) => deck.name),
      this.chosen,
    );
    for (const deck of this.decks) {
      const panel = this.panel(deck.name);
      const chosen = deck.name === this.chosen;
      panel.node.hidden = !chosen;
      if (!chosen) continue;
      panel.update(this.document, deck, segment);
      this.page.toggleAttribute("data-fill", panel.fills);
    }
    this.listSoon();
  }

  /** List what there is now, and what comes within a while together. */
  private listSoon(): void {
    if (this.listing !== null) return;
    this.list();
    this.listing = window.setTimeout(() => {
      this.listing = null;
      this.list();
    }, LIST_MS);
  }

  private list(): void {
    const many = this.decks.length >= MANY_TABS;
    for (const deck of this.decks) if (deck.name === this.chosen || !this.looked.has(deck.name)) this.looked.set(deck.name, deck);
    const tabs = this.decks.map((deck) => ({
      name: deck.name,
      chosen: deck.name === this.chosen,
      count: deck.elements.length,
      changed: this.looked.get(deck.name) !== deck,
    }));
    const places = this.shownPanel?.places() ?? [];
    this.contents.update(many ? tabs : [], places, this.shownPanel?.takeChanged() ?? []);
    const shown = many || this.lists(places.length);
    this.page.toggleAttribute("data-tabs-listed", many);
    if (this.contents.node.hidden === !shown) return;
    this.contents.node.hidden = !shown;
    this.page.toggleAttribute("data-contents", shown);
  }

  /** Whether the chosen tab has a list: nothing is laid out anew for it under the pointer. */
  private lists(places: number): boolean {
    const name = this.chosen ?? "";
    if (this.listed.has(name)) return places > 0;
    if (places < MANY_PLACES || (this.shownPanel?.wasSeen && this.page.matches(":hover"))) return false;
    this.listed.add(name);
    return true;
  }

  private panel(name: string): DeckPanel {
    const known = this.panels.get(name);
    if (known) return known;
    const panel = new DeckPanel(name);
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
      this.looked.delete(name);
      this.listed.delete(name);
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
    ...(behind >= 1 ? [`the last one ${formatDuration(behind)} late`] : []),
  ].join(" · ");
}
