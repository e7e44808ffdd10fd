/** Counts that are added up: the same rules as in `livedeck/deck/kinds/histogram.py`. */
import type { Bins, Histogram } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { hasTwins, without } from "../twins";

/** Bins that are kept of one group. */
export const MOST_BINS = 1024;
/** Bins that are shown at most, unless something else is said. */
export const MOST_SHOWN = 40;
/** Doublings after which bins on both sides of zero are as few as they become. */
const ENDLESS = 1100;
/** Doublings that bring any place to one beside zero; of many more there is no number. */
const WIDEST = 60;

export const applying: Applying<Histogram> = {
  extend(before, more) {
    const [edges, others] = [before.edges ?? [], more.edges ?? []];
    const same = edges.length === others.length && edges.every((edge, index) => edge === others[index]);
    const groups = new Map((same ? (before.groups ?? []) : []).map((group) => [group.name, group]));
    for (const group of more.groups ?? []) {
      const known = groups.get(group.name);
      const added = known ? addedUp(known, group) : group;
      groups.set(group.name, others.length > 0 ? added : fitting(added, MOST_BINS));
    }
    const notes = new Map(Object.entries(before.notes ?? {}));
    for (const [words, count] of Object.entries(more.notes ?? {})) notes.set(words, (notes.get(words) ?? 0) + count);
    return {
      ...before,
      ...(!same && { edges: others, most: more.most, groups: [] }),
      ...(groups.size > 0 && { groups: [...groups.values()] }),
      ...(notes.size > 0 && { notes: Object.fromEntries(notes) }),
    };
  },
  settled(histogram) {
    const { groups = [], edges = [] } = histogram;
    const twins = hasTwins(groups) || (edges.length === 0 && groups.some(({ at }) => at.length > MOST_BINS));
    return twins ? applying.extend(without(histogram, "groups", "notes"), histogram) : histogram;
  },
};

function addedUp(one: Bins, other: Bins): Bins {
  const power = Math.max(one.power, other.power);
  const counts = new Map<number, number>();
  for (const group of [one, other]) {
    const width = 2 ** Math.min(power - group.power, WIDEST);
    group.at.forEach((at, index) => {
      const place = Math.floor(at / width);
      counts.set(place, (counts.get(place) ?? 0) + (group.counts[index] ?? 0));
    });
  }
  return binsOf(one.name, power, counts);
}

/** The same counts in at most so many bins. */
export function fitting(group: Bins, most: number): Bins {
  let { power } = group;
  let counts = new Map(group.at.map((at, index) => [at, group.counts[index] ?? 0]));
  while (counts.size > Math.max(1, most)) {
    power++;
    const wider = new Map<number, number>();
    for (const [at, count] of counts) wider.set(Math.floor(at / 2), (wider.get(Math.floor(at / 2)) ?? 0) + count);
    if (wider.size === 2 && counts.size === 2 && power > group.power + ENDLESS) break;
    counts = wider;
  }
  return power === group.power ? group : binsOf(group.name, power, counts);
}

function binsOf(name: string, power: number, counts: ReadonlyMap<number, number>): Bins {
  const at = [...counts.keys()].sort((one, other) => one - other);
  return { name, power, at, counts: at.map((place) => counts.get(place) ?? 0) };
}
