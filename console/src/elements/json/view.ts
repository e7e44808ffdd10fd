/** Data as a tree: what is unfolded is kept by its place, so that it stays when the data changes. */
import { formatNumber } from "../../core/numerals";
import type { Json } from "../../protocol/deck.gen";
import { child, elementNode, setText } from "../dom";
import { copySelected } from "../copying";
import type { ElementView, Viewing } from "../kind";
import { membersOf, pathOf, rootOf, search, shownWords, type Value } from "./scan";

/** Members that are shown of one value before the viewer asks for more. */
const CHUNK = 200;
/** Rows from which on nothing is unfolded that the viewer has not unfolded. */
const MANY = 500;
/** Characters of a text that are shown in its row. */
const LONG = 300;
/** Places that a search shows. */
const MOST_FOUND = 200;
const SEARCH_MS = 150;
const DEEPEST = 40;

type Path = readonly (string | number)[];

interface Row {
  readonly value: Value;
  readonly path: Path;
  readonly open: boolean;
  /** What stands in its place: members that are not shown yet. */
  readonly more?: number;
}

export class JsonView implements ElementView<Json> {
  readonly kind = "json";
  readonly node = elementNode("json");
  private readonly head = child(this.node, "div", "ld-json-head");
  private readonly title = child(this.head, "h3", "ld-json-title");
  private readonly field = child(this.head, "input", "ld-json-search") as HTMLInputElement;
  private readonly status = child(this.head, "span", "ld-json-status");
  private readonly note = child(this.node, "p", "ld-json-note");
  private readonly tree = child(this.node, "div", "ld-json-tree");
  private json: Json | null = null;
  /** Places that the viewer has unfolded (true) or folded (false), by how they are written. */
  private readonly chosen = new Map<string, boolean>();
  /** How many members are shown of a place. */
  private readonly shown = new Map<string, number>();
  private found: ReadonlySet<string> | null = null;
  private above: ReadonlySet<string> = new Set();
  private rows: Row[] = [];
  /** The row that the keyboard is at. */
  private current = "";
  private searching: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.field.type = "search";
    this.field.placeholder = "Search";
    this.status.setAttribute("role", "status");
    this.tree.setAttribute("role", "tree");
    this.field.addEventListener("input", () => {
      clearTimeout(this.searching);
      this.searching = setTimeout(() => this.search(), SEARCH_MS);
    });
    this.tree.addEventListener("click", (event) => this.clicked(event));
    this.tree.addEventListener("keydown", (event) => this.pressed(event));
  }

  update(next: Json): void {
    const same = this.json?.text === next.text && this.json.unfold === next.unfold;
    this.json = next;
    const title = next.title ?? "";
    setText(this.title, title);
    this.title.hidden = title === "";
    this.field.setAttribute("aria-label", title === "" ? "Search" : `Search ${title}`);
    this.tree.setAttribute("aria-label", title === "" ? "Data" : title);
    setText(this.note, next.note ?? "");
    this.note.hidden = !next.note;
    if (same) return;
    if (this.field.value.trim() === "") this.draw();
    else this.search();
  }

  destroy(): void {
    clearTimeout(this.searching);
  }

  private get text(): string {
    return this.json?.text ?? "";
  }

  private search(): void {
    const wanted = this.field.value.trim();
    if (wanted === "") {
      this.found = null;
      this.above = new Set();
      setText(this.status, "");
    } else {
      const paths = search(this.text, wanted, MOST_FOUND);
      this.found = new Set(paths.map(pathOf));
      this.above = new Set(paths.flatMap((path) => path.map((_, length) => pathOf(path.slice(0, length)))));
      const count = paths.length;
      setText(this.status, count >= MOST_FOUND ? `the first ${formatNumber(count)} places` : count === 1 ? "1 place" : `${formatNumber(count)} places`);
    }
    this.draw();
  }

  private isOpen(name: string, level: number): boolean {
    if (this.above.has(name)) return true;
    return this.chosen.get(name) ?? (this.found === null && level < (this.json?.unfold ?? 1) && this.rows.length < MANY);
  }

  private draw(): void {
    const { text } = this;
    const focused = this.tree.contains(document.activeElement);
    this.rows = [];
    const waiting: Omit<Row, "open">[] = [{ value: rootOf(text), path: [] }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { value, path, more } = next;
      const name = pathOf(path);
      const open = more === undefined && holds(value) && this.isOpen(name, path.length);
      this.rows.push({ ...next, open });
      if (!open) continue;
      const all = membersOf(text, value);
      const wanted = this.found === null ? all : all.filter(({ key }) => this.isFound(path, key));
      const inside = wanted.length > 0 ? wanted : all;
      const most = this.shown.get(name) ?? CHUNK;
      if (inside.length > most) waiting.push({ value, path, more: inside.length - most });
      for (const member of inside.slice(0, most).reverse()) waiting.push({ value: member, path: [...path, member.key ?? 0] });
    }
    this.write();
    if (focused) this.focus(this.current);
  }

  /** Whether what is searched for is there, or below it. */
  private isFound(path: Path, key: string | number | null): boolean {
    const name = pathOf([...path, key ?? 0]);
    return this.found?.has(name) === true || this.above.has(name);
  }

  private write(): void {
    const names = this.rows.map(({ path }) => pathOf(path));
    if (!names.includes(this.current)) this.current = names[0] ?? "";
    this.tree.replaceChildren(...this.rows.map((row, index) => this.row(row, names[index] ?? "")));
  }

  private row({ value, path, open, more }: Row, name: string): HTMLElement {
    const node = document.createElement("div");
    node.className = "ld-json-row";
    node.setAttribute("role", "treeitem");
    node.setAttribute("aria-level", String(path.length + 1));
    node.style.setProperty("--ld-level", String(Math.min(path.length + (more === undefined ? 0 : 1), DEEPEST)));
    node.tabIndex = name === this.current && more === undefined ? 0 : -1;
    node.dataset["path"] = name;
    if (more !== undefined) {
      node.dataset["more"] = "";
      child(node, "button", "ld-small-button").textContent = `${formatNumber(more)} more`;
      return node;
    }
    if (holds(value)) node.setAttribute("aria-expanded", String(open));
    if (this.found?.has(name)) node.toggleAttribute("data-found", true);
    child(node, "span", "ld-json-fold");
    if (value.key !== null) {
      const key = child(node, "bdi", "ld-json-key");
      key.textContent = String(value.key);
      child(node, "span", "ld-json-colon").textContent = ":";
    }
    const shown = child(node, "bdi", `ld-json-${value.shape}`);
    shown.textContent = open ? (value.shape === "object" ? "{" : "[") : holds(value) ? this.summary(value) : shortened(value.shape === "string" ? JSON.stringify(shownWords(this.text, value)) : shownWords(this.text, value));
    const actions = child(node, "span", "ld-json-actions");
    for (const what of ["path", "value"] as const) {
      const button = child(actions, "button", "ld-small-button") as HTMLButtonElement;
      button.type = "button";
      button.tabIndex = -1;
      button.dataset["copy"] = what;
      button.textContent = `Copy ${what}`;
    }
    return node;
  }

  private summary({ shape, start, end }: Value): string {
    const [left, right] = shape === "object" ? ["{", "}"] : ["[", "]"];
    const inside = this.text.slice(start + 1, Math.min(end - 1, start + 90)).replace(/\s+/g, " ").trim();
    if (inside === "") return `${left}${right}`;
    return inside.length > 60 || end - start > 90 ? `${left}${inside.slice(0, 60)} …${right}` : `${left}${inside}${right}`;
  }

  private clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const row = this.rowAt(target);
    if (!row) return;
    const copied = target?.closest<HTMLElement>("[data-copy]");
    if (copied) this.copy(row, copied.dataset["copy"] === "path" ? "path" : "value", copied);
    else if (row.more !== undefined) this.showMore(row);
    else if (getSelection()?.isCollapsed !== false) this.toggle(row);
  }

  private rowAt(target: Element | null): Row | undefined {
    const node = target?.closest(".ld-json-row");
    return node ? this.rows[[...this.tree.children].indexOf(node)] : undefined;
  }

  private showMore({ path }: Row): void {
    const name = pathOf(path);
    this.shown.set(name, (this.shown.get(name) ?? CHUNK) + CHUNK);
    this.draw();
  }

  private toggle({ value, path, open }: Row): void {
    const name = pathOf(path);
    this.current = name;
    if (!holds(value)) {
      this.focus(name);
      return;
    }
    this.chosen.set(name, !open);
    if (this.above.has(name)) this.above = new Set([...this.above].filter((each) => each !== name));
    this.draw();
    this.focus(name);
  }

  private copy({ value, path }: Row, what: "path" | "value", button: HTMLElement): void {
    const words = what === "path" ? pathOf(path) : shownWords(this.text, value);
    const done = copySelected(words, this.node);
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = `Copy ${what}`), 1500);
  }

  private focus(name: string): void {
    this.current = name;
    for (const each of this.tree.children) {
      const node = each as HTMLElement;
      const here = node.dataset["path"] === name && node.dataset["more"] === undefined;
      node.tabIndex = here ? 0 : -1;
      if (here) node.focus();
    }
  }

  /** As a tree of ARIA: arrows up and down, left to fold or go up, right to unfold or go down. */
  private pressed(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const row = this.rowAt(target);
    if (!row || target?.matches("button") || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.rows.indexOf(row);
    const go = (to: number): void => {
      const next = this.rows[Math.max(0, Math.min(this.rows.length - 1, to))];
      if (next?.more !== undefined) this.showMore(next);
      else if (next) this.focus(pathOf(next.path));
    };
    const { open } = row;
    const act: Record<string, () => void> = {
      ArrowDown: () => go(index + 1),
      ArrowUp: () => go(index - 1),
      Home: () => go(0),
      End: () => go(this.rows.length - 1),
      Enter: () => this.toggle(row),
      " ": () => this.toggle(row),
      ArrowRight: () => (holds(row.value) && !open ? this.toggle(row) : go(index + 1)),
      ArrowLeft: () => (holds(row.value) && open ? this.toggle(row) : this.focus(pathOf(row.path.slice(0, -1)))),
      c: () => this.copyFrom(target, "value"),
      p: () => this.copyFrom(target, "path"),
    };
    const action = act[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  private copyFrom(node: Element | null, what: "path" | "value"): void {
    node?.querySelector<HTMLElement>(`[data-copy="${what}"]`)?.click();
  }
}

function holds({ shape }: Value): boolean {
  return shape === "object" || shape === "array";
}

function shortened(words: string): string {
  return words.length > LONG ? `${words.slice(0, LONG)}… (${formatNumber(words.length)} characters)` : words;
}

export const viewing: Viewing<Json> = { View: JsonView };
