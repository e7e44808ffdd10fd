/**
 * A legend: a button for each series that shows or hides it, and its value under the cursor, or else its last one. Up to
 * four stand at the ends of their lines, where there is room for it; more than that are a table, sorted by its columns.
 */
import { child, setText } from "../elements/dom";
import { near, type Exact } from "../core/digits";
import { formatNumber } from "../core/numerals";
import { hiddenSeries, toggleSeries, watchHidden } from "./look";
import { COLOURS, dashOf } from "./theme";

/** Series that stand at the ends of their lines. */
export const AT_ENDS = 4;
/** Pixels that a key at the end of a line takes: as many as whoever points at it needs. */
const LINE = 24;

export interface Entry {
  readonly name: string;
  /** The value at the cursor, or the last one; null: there is none. */
  readonly value: Exact | null;
  /** Written in its place, where the value has words of its own. */
  readonly words?: string | undefined;
  readonly least?: Exact | null;
  readonly greatest?: Exact | null;
  /** Where its line ends, in pixels from the top of the plot. */
  readonly end?: number | null;
}

interface Key {
  readonly name: string;
  readonly node: HTMLElement;
  readonly button: HTMLElement;
  readonly value: HTMLElement;
  readonly least: HTMLElement | null;
  readonly greatest: HTMLElement | null;
  entry: Entry | null;
}

type Column = "name" | "value" | "least" | "greatest";

const HEADS: readonly (readonly [Column, string])[] = [
  ["name", "Series"],
  ["value", "Last"],
  ["least", "Min"],
  ["greatest", "Max"],
];

export class Legend {
  private readonly unwatch: () => void;
  private keys: Key[] = [];
  private names = "";
  private body: HTMLTableSectionElement | null = null;
  private sorting: { readonly column: Column; readonly down: boolean } | null = null;

  constructor(
    private readonly node: HTMLElement,
    private readonly toggled: () => void,
  ) {
    this.unwatch = watchHidden(() => this.press());
  }

  /** The names of the series that the viewer has hidden. */
  get hidden(): ReadonlySet<string> {
    return hiddenSeries(this.node);
  }

  destroy(): void {
    this.unwatch();
  }

  /** One key for each series, with their values. `right`: pixels from the left where lines end; null: keys stand below. */
  show(entries: readonly Entry[], resolution: number, right: number | null): void {
    const names = JSON.stringify(entries.map(({ name }) => name));
    if (names !== this.names) this.build(entries);
    this.names = names;
    this.node.toggleAttribute("data-ends", right !== null);
    entries.forEach((entry, index) => {
      const key = this.keys[index];
      if (!key) return;
      key.entry = entry;
      setText(key.value, entry.words ?? written(entry.value, resolution));
      if (key.least) setText(key.least, written(entry.least, resolution));
      if (key.greatest) setText(key.greatest, written(entry.greatest, resolution));
      if (right === null) key.node.style.removeProperty("top");
    });
    if (right !== null) this.placeAtEnds(right);
    if (this.sorting) this.sort();
  }

  private build(entries: readonly Entry[]): void {
    this.node.replaceChildren();
    this.body = entries.length > AT_ENDS ? this.table() : null;
    this.keys = entries.map((entry, index) => (this.body ? this.row(this.body, entry.name, index) : this.key(this.node, entry.name, index)));
  }

  private table(): HTMLTableSectionElement {
    const scroller = child(this.node, "div", "ld-legend-rows");
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "group");
    scroller.setAttribute("aria-label", "Series");
    const table = child(scroller, "table", "") as HTMLTableElement;
    const line = table.createTHead().insertRow();
    for (const [column, words] of HEADS) {
      const cell = child(line, "th", "");
      cell.setAttribute("scope", "col");
      const button = child(cell, "button", "");
      button.setAttribute("type", "button");
      button.textContent = words;
      button.addEventListener("click", () => {
        const down = this.sorting?.column === column ? !this.sorting.down : column !== "name";
        this.sorting = { column, down };
        for (const each of line.cells) each.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        this.sort();
      });
    }
    return table.createTBody();
  }

  private row(body: HTMLTableSectionElement, name: string, index: number): Key {
    const line = body.insertRow();
    const key = this.key(line.insertCell(), name, index);
    const cells = [line.insertCell(), line.insertCell(), line.insertCell()] as const;
    key.value.remove();
    return { ...key, node: line, value: cells[0], least: cells[1], greatest: cells[2] };
  }

  private key(parent: HTMLElement, name: string, index: number): Key {
    const button = child(parent, "button", "ld-key");
    button.setAttribute("type", "button");
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    const swatch = child(button, "span", "ld-swatch");
    swatch.style.color = `var(--ld-series-${index % COLOURS})`;
    swatch.toggleAttribute("data-dashed", dashOf(index).length > 0);
    child(button, "span", "ld-key-name").textContent = name.length > 300 ? `${name.slice(0, 300)}…` : name;
    button.addEventListener("click", () => toggleSeries(this.node, name));
    const value = child(button, "span", "ld-key-value");
    return { name, node: button, button, value, least: null, greatest: null, entry: null };
  }

  /** Other series are hidden, perhaps of this chart. */
  private press(): void {
    const { hidden } = this;
    let changed = false;
    for (const { name, button } of this.keys) {
      const pressed = String(!hidden.has(name));
      if (button.getAttribute("aria-pressed") === pressed) continue;
      button.setAttribute("aria-pressed", pressed);
      changed = true;
    }
    if (changed) this.toggled();
  }

  /** Each beside the end of its line, none over another; those without an end stand at the bottom. */
  private placeAtEnds(right: number): void {
    const ends = this.keys.map((key) => ({ key, top: (key.entry?.end ?? Infinity) - LINE / 2 }));
    ends.sort((one, other) => one.top - other.top);
    const lowest = (this.node.parentElement?.clientHeight ?? 184) - LINE;
    let free = 0;
    const tops = ends.map(({ top }) => (free = Math.max(free, Math.min(top, lowest))) + ((free += LINE), 0));
    for (let index = tops.length - 1, limit = lowest; index >= 0; index--, limit -= LINE) {
      tops[index] = Math.min(tops[index] ?? 0, limit);
    }
    ends.forEach(({ key }, index) => {
      key.node.style.top = `${Math.max(0, tops[index] ?? 0)}px`;
      key.node.style.left = `${right + 6}px`;
    });
  }

  private sort(): void {
    const { body, sorting } = this;
    if (!body || !sorting) return;
    const of = ({ entry, name }: Key) => (sorting.column === "name" ? name : near(entry?.[sorting.column] ?? -Infinity));
    const sign = sorting.down ? -1 : 1;
    const sorted = [...this.keys].sort((one, other) => (of(one) < of(other) ? -sign : of(one) > of(other) ? sign : 0));
    if (sorted.every((key, index) => body.rows[index] === key.node)) return;
    body.append(...sorted.map(({ node }) => node));
  }
}

function written(value: Exact | null | undefined, resolution: number): string {
  return value === null || value === undefined ? "–" : formatNumber(value, resolution);
}
