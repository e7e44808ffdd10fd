/**
 * How the elements of a tab stand on the page: which in which, and what stands beside what. The twin of
 * `livedeck/deck/arrangement.py`; both run the cases in `tests/fixtures/arrangement_cases.json`.
 */
import { applyingOf } from "../elements/applying";
import { TRAITS, type Element } from "../protocol/deck.gen";

/** How deep elements are shown in each other. */
export const MOST_DEPTH = 8;
/** From how many neighbours on they are grouped by the prefixes of their names. */
export const MANY = 7;
const DIGITS = /[0-9]+/g;
const MOST_DIGITS = 15;

/** An element, and those that stand in it. */
export interface Placed {
  readonly element: Element;
  readonly children: readonly Placed[];
}

/** Neighbours that stand in one box, or one element by itself. */
export interface Run {
  /** CSS class of the box; empty: there is none. */
  readonly group: string;
  readonly placed: readonly Placed[];
  /** Of a group that was found by the names of what is in it: what it is told apart from others by. */
  readonly key: string;
  /** Of such a group. */
  readonly title: string;
}

/**
 * The elements that stand in no other, each with what stands in it. An element stands in the first that names it. None
 * stands in itself, however indirectly, nor deeper than is shown.
 */
export function arranged(elements: readonly Element[]): readonly Placed[] {
  if (!elements.some((element) => inside(element).length > 0)) return elements.map(alone);
  const held = new Map(elements.map((element) => [element.id, element]));
  const above = claims(held);
  return [...held.values()].filter(({ id }) => !above.has(id)).map((element) => place(held, above, element));
}

/** The ids of what stands in an element, if it is there. */
export function inside(element: Element): readonly string[] {
  return applyingOf(element.kind)?.inside?.(element) ?? [];
}

/** Whether the same stands in two states of an element, in the same way. */
export function holdsAlike(before: Element, element: Element): boolean {
  const [first, second] = [inside(before), inside(element)];
  if (first.length !== second.length || first.some((id, index) => id !== second[index])) return false;
  return first.length === 0 || (isTransparent(before) === isTransparent(element) && hasCells(before) === hasCells(element));
}

/** Whether each of what stands in an element does so by itself. */
function hasCells(element: Element): boolean {
  return applyingOf(element.kind)?.hasCells?.(element) ?? false;
}

/** Whether an element stands among others as the first of what is in it would. */
function isTransparent(element: Element): boolean {
  return applyingOf(element.kind)?.isTransparent?.(element) ?? false;
}

function alone(element: Element): Placed {
  return { element, children: [] };
}

/** What each element stands in that stands in another, by their ids. */
function claims(held: ReadonlyMap<string, Element>): Map<string, string> {
  const above = new Map<string, string>();
  const height = new Map<string, number>();
  for (const [holder, element] of held) {
    for (const child of inside(element)) {
      if (!held.has(child) || above.has(child)) continue;
      const line = lineOf(above, holder);
      const high = height.get(child) ?? 0;
      if (line.includes(child) || line.length + 1 + high > MOST_DEPTH) continue;
      above.set(child, holder);
      line.forEach((each, index) => height.set(each, Math.max(height.get(each) ?? 0, high + index + 1)));
    }
  }
  return above;
}

/** An element and those that it stands in, the innermost first. */
function lineOf(above: ReadonlyMap<string, string>, id: string): string[] {
  const line = [id];
  for (let next = above.get(id); next !== undefined; next = above.get(next)) line.push(next);
  return line;
}

function place(held: ReadonlyMap<string, Element>, above: ReadonlyMap<string, string>, element: Element): Placed {
  const names = new Set(inside(element));
  const children = [...names].flatMap((id) => (above.get(id) === element.id ? (held.get(id) ?? []) : []));
  return { element, children: children.map((each) => place(held, above, each)) };
}

/**
 * What stands next to each other in an element, or on the tab, in the boxes in which it stands; `finds` says of a run
 * whether groups that could be found in it are.
 */
export function runs(placed: readonly Placed[], holder: Element | null = null, finds: (run: Run) => boolean = () => true): Run[] {
  const apart = holder !== null && hasCells(holder);
  const made: { group: string; placed: Placed[]; key: string; title: string }[] = [];
  for (const each of placed) {
    const group = apart ? "" : groupOf(each);
    const last = made.at(-1);
    if (last && group !== "" && last.group === group) last.placed.push(each);
    else made.push({ group, placed: [each], key: "", title: "" });
  }
  return made.flatMap((run): Run[] => {
    const groups = found(run);
    return groups.length > 0 && finds(run) ? groups : [run];
  });
}

/** The CSS class of the box that an element shares with its neighbours; of what is transparent, of what is in it. */
function groupOf(placed: Placed): string {
  return TRAITS[shownAs(placed).kind]?.group ?? "";
}

function shownAs({ element, children: [first] }: Placed): Element {
  return isTransparent(element) && first ? shownAs(first) : element;
}

/** The groups of a run of very many, by the prefixes of their names; none where there are not at least two. */
export function found(run: Run): Run[] {
  if (run.placed.length < MANY) return [];
  const groups = new Map<string, { placed: Placed[]; prefixes: string[] }>();
  for (const placed of run.placed) {
    const prefix = prefixOf(nameOf(placed));
    const key = prefix.replace(DIGITS, "#");
    const group = groups.get(key) ?? { placed: [], prefixes: [] };
    groups.set(key, group);
    group.placed.push(placed);
    group.prefixes.push(prefix);
  }
  const [only, ...more] = groups.values();
  if (!only || (more.length === 0 && new Set(only.prefixes).size < 2)) return [];
  return [...groups].map(([key, { placed, prefixes }]) => ({ group: run.group, placed, key, title: rangeOf(prefixes) }));
}

function nameOf(placed: Placed): string {
  return groupingName(shownAs(placed));
}

/** What an element is called, if neighbours of its kind are grouped by that. */
export function groupingName(element: Element): string {
  const named = TRAITS[element.kind]?.named ?? "";
  const name = named === "" ? "" : (element as unknown as Record<string, unknown>)[named];
  return typeof name === "string" ? name : "";
}

/** What a name begins with, up to the first slash; empty if there is nothing before or behind one. */
export function prefixOf(name: string): string {
  const at = name.indexOf("/");
  return at < 0 || at === name.length - 1 ? "" : name.slice(0, at).trim();
}

/** A title for prefixes that differ by their numbers only: the first and the last of them. */
export function rangeOf(prefixes: readonly string[]): string {
  const ordered = [...new Set(prefixes)].map((prefix) => ({ prefix, numbers: prefix.match(DIGITS) ?? [] }));
  ordered.sort((one, other) => compare(one.numbers, other.numbers));
  const [first, last] = [ordered[0]?.prefix ?? "", ordered.at(-1)?.prefix ?? ""];
  return first === last ? first : `${first} – ${last}`;
}

function compare(one: readonly string[], other: readonly string[]): number {
  for (const [index, digits] of one.entries()) {
    const others = other[index] ?? "";
    const difference = Number(digits.slice(0, MOST_DIGITS)) - Number(others.slice(0, MOST_DIGITS));
    if (difference !== 0) return difference;
    if (digits !== others) return digits < others ? -1 : 1;
  }
  return 0;
}
