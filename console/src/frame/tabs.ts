/**
 * The strip of tabs, one for each deck: a tablist as ARIA describes it, arrow keys included. Where they have no room it
 * scrolls, and those that are not whole on screen can be chosen from a list beside it.
 */
import { isolated } from "../elements/dom";
import { MoreTabs } from "./moreTabs";

export class TabStrip {
  readonly node = document.createElement("div");
  private readonly list = document.createElement("div");
  private readonly more: MoreTabs;
  private names: readonly string[] = [];
  private readonly tabs = new Map<string, HTMLButtonElement>();

  constructor(private readonly choose: (name: string) => void) {
    this.node.className = "ld-strip";
    this.list.className = "ld-tabs";
    this.list.setAttribute("role", "tablist");
    this.list.setAttribute("aria-label", "Decks");
    this.list.addEventListener("keydown", (event) => this.move(event));
    this.more = new MoreTabs(this.list, (name) => this.choose(name));
    this.node.append(this.list, this.more.node);
  }

  update(names: readonly string[], chosen: string | null): void {
    this.names = names;
    for (const [name, tab] of this.tabs) {
      if (!names.includes(name)) {
        tab.remove();
        this.tabs.delete(name);
      }
    }
    names.forEach((name, index) => {
      const tab = this.tabs.get(name) ?? this.add(name);
      if (this.list.children.item(index) !== tab) this.list.insertBefore(tab, this.list.children.item(index));
      const was = tab.getAttribute("aria-selected");
      tab.setAttribute("aria-selected", String(name === chosen));
      tab.tabIndex = name === chosen ? 0 : -1;
      if (name === chosen && was !== "true") this.more.bring(tab);
    });
    this.more.update(names);
  }

  /** Tie a tab to the panel that it shows, for assistive technology. */
  bind(name: string, panel: HTMLElement): void {
    this.tabs.get(name)?.setAttribute("aria-controls", panel.id);
  }

  private add(name: string): HTMLButtonElement {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.className = "ld-tab";
    tab.setAttribute("role", "tab");
    tab.append(isolated(name));
    tab.title = name;
    tab.addEventListener("click", () => this.choose(name));
    this.tabs.set(name, tab);
    return tab;
  }

  private move(event: KeyboardEvent): void {
    const at = this.names.findIndex((name) => this.tabs.get(name) === event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.names.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    const name = this.names[(to + this.names.length) % this.names.length];
    if (name === undefined) return;
    event.preventDefault();
    this.choose(name);
    this.tabs.get(name)?.focus();
  }
}
