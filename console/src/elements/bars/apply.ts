/** Bars that are changed by group and category. */
import type { Bars, Group } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { hasTwins, without } from "../twins";

export const applying: Applying<Bars> = {
  extend(before, more) {
    const groups = new Map((before.groups ?? []).map((group) => [group.name, group]));
    for (const group of more.groups ?? []) groups.set(group.name, changed(groups.get(group.name), group));
    const notes = new Map(Object.entries(before.notes ?? {}));
    for (const [words, count] of Object.entries(more.notes ?? {})) notes.set(words, (notes.get(words) ?? 0) + count);
    return {
      ...before,
      ...(groups.size > 0 && { groups: [...groups.values()] }),
      ...(notes.size > 0 && { notes: Object.fromEntries(notes) }),
    };
  },
  settled(bars) {
    const twins = hasTwins(bars.groups) || bars.groups?.some(({ categories }) => new Set(categories).size < categories.length);
    return twins ? applying.extend(without(bars, "groups", "notes"), bars) : bars;
  },
};

function changed(before: Group | undefined, more: Group): Group {
  const values = new Map((before?.categories ?? []).map((name, index) => [name, before?.values[index] ?? null]));
  more.categories.forEach((name, index) => values.set(name, more.values[index] ?? null));
  return { name: more.name, categories: [...values.keys()], values: [...values.values()] };
}
