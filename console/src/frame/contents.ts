/**
 * The list of contents at the left: tabs where they are many, and the sections, groups and headings of the tab that is
 * shown, with how much is in each and a dot where something has changed out of sight. `/` leads to its filter.
 */
import { formatNumber } from "../core/numerals";
import { child, isolated, setText } from "../elements/dom";

/** A place on the tab that is shown. */
export interface Entry {
  readonly title: string;
  readonly level: number;
  readonly node: HTMLElement;
  readonly count: number | null;
}

export interface TabEntry {
  readonly name: string;
  readonly chosen: boolean;
  readonly count: number;
  readonly changed: boolean;
}

/** Of what a filter finds, so much is listed. */
const MOST_FOUND = 100;
const PLACES = "details.ld-section, .ld-markdown :is(h1, h2, h3)";

/** The sections, groups and headings of a panel, in its order. */
export function placesIn(panel: HTMLElement): Entry[] {
  const places = [...panel.querySelectorAll<HTMLElement>(PLACES)];
  return places.map((node): Entry => {
    const heading = node.querySelector(":scope > summary > h2") ?? node;
    const within = sectionsAbove(node, panel);
    if (heading === node) return { title: textOf(node), level: within + Number(node.tagName[1]) - 1, node, count: null };
    return { title: textOf(heading), level: within, node, count: countIn(node) };
  });
}

function textOf(node: Element): string {
  return node.textContent.trim();
}

function sectionsAbove(node: HTMLElement, panel: HTMLElement): number {
  let above = 0;
  for (let at = node.parentElement; at && at !== panel; at = at.parentElement) if (at.matches("details.ld-section")) above++;
  return above;
}

function countIn(section: HTMLElement): number {
  return section.querySelectorAll(".ld-element:not(.ld-layout)").length;
}

interface Row {
  readonly node: HTMLButtonElement;
  readonly name: HTMLElement;
  readonly count: HTMLElement;
}

export class ContentsList {
  readonly node = document.createElement("nav");
  private readonly fold = child(this.node, "button", "ld-contents-fold ld-small-button") as HTMLButtonElement;
  private readonly body = child(this.node, "div", "ld-contents-body");
  private readonly filter = child(this.body, "input", "ld-contents-filter") as HTMLInputElement;
  private readonly list = child(this.body, "ul", "ld-contents-list");
  private readonly none = child(this.body, "p", "ld-contents-none");
  private tabs: readonly TabEntry[] = [];
  private entries: readonly Entry[] = [];
  private rows: Row[] = [];
  private actions: (() => void)[] = [];
  private readonly seen = new Set<Element>();
  private readonly dotted = new WeakSet<Element>();
  private readonly watch = new IntersectionObserver((changes) => this.sighted(changes));

  constructor(
    private readonly choose: (name: string) => void,
    private readonly named: () => Iterable<{ readonly title: string; readonly node: HTMLElement }>,
  ) {
    this.node.className = "ld-contents";
    this.node.setAttribute("aria-label", "Contents");
    this.node.hidden = true;
    this.fold.type = "button";
    this.fold.textContent = "Contents";
    this.fold.setAttribute("aria-expanded", "false");
    this.fold.addEventListener("click", () => this.unfold(!this.unfolded));
    this.filter.type = "search";
    this.filter.placeholder = "Find … /";
    this.filter.setAttribute("aria-label", "Find in this Deck");
    this.filter.addEventListener("input", () => this.draw());
    this.filter.addEventListener("keydown", (event) => this.leaveFilter(event));
    this.none.textContent = "Nothing is called that";
    document.addEventListener("keydown", (event) => this.enterFilter(event));
  }

  get places(): number {
    return this.entries.length;
  }

  /** `changed`: nodes of elements that have changed since the last time. */
  update(tabs: readonly TabEntry[], entries: readonly Entry[], changed: Iterable<HTMLElement>): void {
    const nodes = new Set(entries.map(({ node }) => node));
    for (const { node } of this.entries) if (!nodes.has(node)) this.forget(node);
    const known = new Set(this.entries.map(({ node }) => node));
    for (const node of nodes) if (!known.has(node)) this.watch.observe(node);
    for (const node of changed) {
      const section = node.parentElement?.closest("details.ld-section");
      if (section && known.has(section as HTMLElement) && !this.seen.has(section)) this.dotted.add(section);
    }
    this.tabs = tabs;
    this.entries = entries;
    this.draw();
  }

  private forget(node: Element): void {
    this.watch.unobserve(node);
    this.seen.delete(node);
  }

  private sighted(changes: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) {
        this.seen.add(target);
        this.dotted.delete(target);
      } else this.seen.delete(target);
    }
    this.draw();
  }

  private draw(): void {
    const wanted = this.filter.value.trim().toLowerCase();
    const fits = (title: string): boolean => title.toLowerCase().includes(wanted);
    this.actions = [];
    for (const { name, chosen, count, changed } of this.tabs) {
      if (!fits(name)) continue;
      this.row({ title: name, level: 0, count, dot: changed && !chosen, chosen, tab: true }, () => this.go(() => this.choose(name)));
    }
    const nodes = new Set<HTMLElement>();
    for (const { title, level, node, count } of this.entries) {
      if (!fits(title)) continue;
      nodes.add(node);
      const deeper = this.tabs.length > 0 ? 1 : 0;
      this.row({ title, level: level + deeper, count, dot: this.dotted.has(node), chosen: false }, () => this.go(() => show(node)));
    }
    if (wanted !== "") {
      for (const { title, node } of this.named()) {
        if (this.actions.length >= MOST_FOUND) break;
        if (fits(title) && !nodes.has(node.querySelector<HTMLElement>(":scope > details") ?? node)) this.row({ title, level: 1, count: null, dot: false, chosen: false }, () => this.go(() => show(node)));
      }
    }
    for (const { node } of this.rows.splice(this.actions.length)) node.parentElement?.remove();
    this.none.hidden = this.actions.length > 0;
  }

  private row(
    { title, level, count, dot, chosen, tab = false }: { title: string; level: number; count: number | null; dot: boolean; chosen: boolean; tab?: boolean },
    act: () => void,
  ): void {
    const index = this.actions.length;
    this.actions.push(act);
    const row = this.rows[index] ?? this.addRow(index);
    setText(row.name, title);
    setText(row.count, count === null ? "" : formatNumber(count));
    if (row.node.title !== title) row.node.title = title;
    row.node.style.setProperty("--ld-level", String(Math.min(level, 4)));
    row.node.toggleAttribute("data-changed", dot);
    row.node.toggleAttribute("data-tab", tab);
    if (chosen) row.node.setAttribute("aria-current", "true");
    else row.node.removeAttribute("aria-current");
    row.node.setAttribute("aria-description", dot ? "has changed" : "");
  }

  private addRow(index: number): Row {
    const node = child(child(this.list, "li", ""), "button", "ld-contents-row") as HTMLButtonElement;
    node.type = "button";
    const name = isolated("");
    node.append(name);
    const row: Row = { node, name, count: child(node, "span", "ld-count") };
    node.addEventListener("click", () => this.actions[index]?.());
    this.rows.push(row);
    return row;
  }

  private go(act: () => void): void {
    this.unfold(false);
    act();
  }

  private get unfolded(): boolean {
    return this.fold.getAttribute("aria-expanded") === "true";
  }

  private unfold(open: boolean): void {
    this.fold.setAttribute("aria-expanded", String(open));
    this.node.toggleAttribute("data-open", open);
  }

  private enterFilter(event: KeyboardEvent): void {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || this.node.hidden) return;
    if (event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    this.unfold(true);
    this.filter.focus();
  }

  private leaveFilter(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.filter.value = "";
    this.unfold(false);
    this.draw();
    this.filter.blur();
  }
}

/** Unfold what a node stands in, and bring it into sight. */
function show(node: HTMLElement): void {
  for (let at: HTMLElement | null = node; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
  node.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
  const summary = node.querySelector<HTMLElement>(":scope > summary, :scope > details > summary");
  if (!summary) node.tabIndex = -1;
  (summary ?? node).focus({ preventScroll: true });
}
