/**
 * What the viewer has made of all charts of this document: told to whoever shows it elsewhere, as the address of the page
 * or a tab's frame does, and taken from there.
 */
import { boundedLook, type Look } from "../core/look";
import { onZoom, takeZooms, zooms } from "./shared";

/** Hidden series, by the tab and the element. */
const HIDDEN = new Map<string, Map<string, Set<string>>>();
const NONE: ReadonlySet<string> = new Set();
const WATCHERS = new Set<() => void>();

/** The names of the series that are hidden in the chart that a node is in. */
export function hiddenSeries(node: HTMLElement): ReadonlySet<string> {
  const { deck, element } = placeOf(node);
  return HIDDEN.get(deck)?.get(element) ?? NONE;
}

/** Hide a series of the chart that a node is in, or show it. */
export function toggleSeries(node: HTMLElement, name: string): void {
  const { deck, element } = placeOf(node);
  const charts = HIDDEN.get(deck) ?? new Map<string, Set<string>>();
  const names = charts.get(element) ?? new Set();
  HIDDEN.set(deck, charts.set(element, names));
  if (!names.delete(name)) names.add(name);
  if (names.size === 0) charts.delete(element);
  for (const watcher of WATCHERS) watcher();
  told();
}

/** Call back when other series are hidden, perhaps. Returns how to let go of it. */
export function watchHidden(watcher: () => void): () => void {
  WATCHERS.add(watcher);
  return () => WATCHERS.delete(watcher);
}

export function currentLook(): Look {
  const hidden = [...HIDDEN].flatMap(([deck, charts]) => [...charts].map(([element, names]) => ({ deck, element, names: [...names] })));
  return boundedLook({ zooms: zooms(), hidden });
}

/** Show it as it was made elsewhere. */
export function takeLook(look: Look): void {
  takeZooms(look.zooms);
  HIDDEN.clear();
  for (const { deck, element, names } of look.hidden) {
    HIDDEN.set(deck, (HIDDEN.get(deck) ?? new Map<string, Set<string>>()).set(element, new Set(names)));
  }
  for (const watcher of WATCHERS) watcher();
}

let told: (from?: object) => void = () => undefined;

/** Call back when the viewer has made something else of a chart; `from` is who says so, of a chart that is not in this document. */
export function onLook(callback: (from?: object) => void): void {
  told = callback;
  onZoom(() => callback());
}

/** A document within this one says what the viewer has made of charts. */
export function takeLookOf(from: object, look: Look): void {
  takeLook(look);
  told(from);
}

/** The tab and the element that a node is in. */
function placeOf(node: HTMLElement): { readonly deck: string; readonly element: string } {
  const of = (name: "deck" | "element") => node.closest<HTMLElement>(`[data-${name}]`)?.dataset[name] ?? "";
  return { deck: of("deck"), element: of("element") };
}
