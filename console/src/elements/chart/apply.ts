/** A chart to which points are appended, without copying those that it has. */
import type { Band, Chart, Series } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { descends } from "../lineage";
import { hasTwins, without } from "../twins";

type Points = Series["x"];

/**
 * The state of a line or band that has all points of a list which is the document's own. A list of a segment's, or of a
 * state that somebody keeps, is not here, and never appended to.
 */
const OWN = new WeakMap<Points, Series | Band>();

export const applying: Applying<Chart> = {
  extend(before, more) {
    const series = joined(before.series ?? [], more.series ?? [], (known, line) => {
      const own = OWN.get(known.x) === known;
      return { name: known.name, x: appended(known.x, line.x, own), y: appended(known.y, line.y, own) };
    });
    const bands = joined(before.bands ?? [], more.bands ?? [], (known, band) => {
      if (known.bounds.length !== band.bounds.length) return null;
      const own = OWN.get(known.x) === known;
      const bounds = known.bounds.map((bound, index) => appended(bound, band.bounds[index] ?? [], own));
      return { name: known.name, x: appended(known.x, band.x, own), bounds };
    });
    const zone = before.zone ?? more.zone;
    const notes = new Map(Object.entries(before.notes ?? {}));
    for (const [words, count] of Object.entries(more.notes ?? {})) notes.set(words, (notes.get(words) ?? 0) + count);
    return {
      ...before,
      series,
      ...(bands.length > 0 && { bands }),
      ...(zone !== undefined && zone !== null && { zone }),
      ...(notes.size > 0 && { notes: Object.fromEntries(notes) }),
    };
  },
  settled(chart) {
    // Points of one name are one line's.
    if (!hasTwins(chart.series) && !hasTwins(chart.bands)) return chart;
    return applying.extend(without(chart, "series", "bands", "notes"), chart);
  },
  own({ series = [], bands = [] }) {
    for (const line of [...series, ...bands]) OWN.set(line.x, line);
  },
  keep({ series = [], bands = [] }) {
    for (const line of [...series, ...bands]) OWN.delete(line.x);
  },
};

/** Those of one name joined, in the order in which they came; null: the later one takes the place of the one before. */
function joined<L extends Series | Band>(before: readonly L[], more: readonly L[], join: (known: L, line: L) => L | null): L[] {
  const lines = new Map(before.map((line) => [line.name, line]));
  for (const line of more) {
    const known = lines.get(line.name);
    const after = known ? join(known, line) : null;
    if (known && after) OWN.set(after.x, descends(after, known));
    lines.set(line.name, after ?? line);
  }
  return [...lines.values()];
}

function appended(values: Points, more: Points, own: boolean): Points {
  if (!own) return values.concat(more);
  for (const value of more) (values as (number | string | null)[]).push(value);
  return values;
}
