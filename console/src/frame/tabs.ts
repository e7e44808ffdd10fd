/** The strip of tabs, one for each deck: a tablist as ARIA describes it, arrow keys included. */
import { isolated } from "./elements/element";

export class TabStrip {
  readonly node = document.createElement("div");
  private names: readonly string[] = [];
  private readonly tabs = new Map<string, HTMLButtonElement>();

  constructor(private readonly choose: (name: string) => void) {
    this.node.className = "ld-tabs";
    this.node.setAttribute("role", "tablist");
    this.node.setAttribute("aria-label", "Decks");
    this.node.addEventListener("keydown", (event) => this.move(event));
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
      if (this.node.children.item(index) !== tab) this.node.insertBefore(tab, this.node.children.item(index));
      tab.setAttribute("aria-selected", String(name === chosen));
      tab.tabIndex = name === chosen ? 0 : -1;
    });
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
