/** What stands above the lines of a log: its title, search, the lowest level that is shown, wrapping, copying. */
import { formatNumber } from "../../core/numerals";
import { child, setText } from "../dom";
import { levelName, type Names } from "./lines";

/** Milliseconds for which a button says what it has done. */
const SAID_MS = 1500;

export interface LogBarEvents {
  /** Something else is looked for; null: nothing. */
  sought(pattern: RegExp | null): void;
  next(back: boolean): void;
  /** Another level, or wrapping. */
  arranged(): void;
  copy(): void;
}

export class LogBar {
  readonly node: HTMLElement;
  level = 0;
  wraps = false;
  pattern: RegExp | null = null;
  private readonly title: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly found: HTMLElement;
  private readonly previous: HTMLButtonElement;
  private readonly following: HTMLButtonElement;
  private readonly levels: HTMLSelectElement;
  private readonly copied: HTMLButtonElement;
  private known = "";
  private copies = "Copy all";

  constructor(
    parent: HTMLElement,
    private readonly events: LogBarEvents,
  ) {
    this.node = child(parent, "div", "ld-log-bar");
    this.title = child(this.node, "h3", "ld-log-title");
    this.search = child(this.node, "input", "ld-log-search") as HTMLInputElement;
    this.search.type = "search";
    this.search.placeholder = "Search";
    this.found = child(this.node, "span", "ld-log-found");
    this.found.setAttribute("role", "status");
    this.previous = this.button("↑", () => events.next(true), "Previous line found");
    this.following = this.button("↓", () => events.next(false), "Next line found");
    this.levels = child(this.node, "select", "ld-log-levels") as HTMLSelectElement;
    this.levels.setAttribute("aria-label", "Level");
    const wrap = this.button("Wrap", () => {
      this.wraps = !this.wraps;
      wrap.setAttribute("aria-pressed", String(this.wraps));
      events.arranged();
    });
    wrap.setAttribute("aria-pressed", "false");
    this.copied = this.button(this.copies, () => events.copy());
    this.search.addEventListener("input", () => this.seek());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !this.pattern) return;
      event.preventDefault();
      events.next(event.shiftKey);
    });
    this.levels.addEventListener("change", () => {
      this.level = Number(this.levels.value);
      events.arranged();
    });
  }

  update(title: string, levels: ReadonlySet<number>, names: Names): void {
    setText(this.title, title);
    this.title.hidden = title === "";
    this.search.setAttribute("aria-label", `Search${title && ` ${title}`}`);
    const found = [...levels].filter((level) => level > 0).sort((a, b) => a - b);
    this.levels.hidden = found.length < 2 && this.level === 0;
    const known = JSON.stringify([found, names]);
    if (known === this.known) return;
    this.known = known;
    const options = found.slice(1).map((level) => new Option(`${levelName(level, names)} and above`, String(level)));
    this.levels.replaceChildren(new Option("All levels", "0"), ...options);
    this.levels.value = String(this.level);
  }

  tellFound([all, before]: readonly [number, number], at: boolean, complete: boolean): void {
    const any = this.pattern !== null;
    this.previous.hidden = this.following.hidden = this.found.hidden = !any;
    this.previous.disabled = this.following.disabled = all === 0;
    const words = at ? `${formatNumber(before + 1)} of ${formatNumber(all)}` : `${formatNumber(all)} line${all === 1 ? "" : "s"}`;
    setText(this.found, any ? `${words}${complete ? "" : " …"}` : "");
  }

  tellChosen(some: boolean): void {
    this.copies = some ? "Copy lines" : "Copy all";
    setText(this.copied, this.copies);
  }

  tellCopied(words: string): void {
    setText(this.copied, words);
    setTimeout(() => setText(this.copied, this.copies), SAID_MS);
  }

  private seek(): void {
    const words = this.search.value;
    this.pattern = words === "" ? null : new RegExp(words.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"), "i");
    this.events.sought(this.pattern);
  }

  private button(words: string, act: () => void, label?: string): HTMLButtonElement {
    const made = child(this.node, "button", "ld-small-button") as HTMLButtonElement;
    made.type = "button";
    made.textContent = words;
    if (label !== undefined) made.title = label;
    if (label !== undefined) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }
}
