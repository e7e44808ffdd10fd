/** A chart to which points are appended, without copying those that it has. */
import type { Chart, Series } from "../../protocol/deck.gen";
import type { Applying } from "../kind";
import { descends } from "../lineage";

type Points = Series["x"];

/**
 * The state of a line that has all points of a list which is the document's own. A list of a segment's, or of a state
 * that somebody keeps, is not here, and never appended to.
 */
const OWN = new WeakMap<Points, Series>();

export const applying: Applying<Chart> = {
  extend(before, more) {
    const series = new Map((before.series ?? []).map((line) => [line.name, line]));
    for (const line of more.series ?? []) {
      const known = series.get(line.name);
      series.set(line.name, known ? extended(known, line) : line);
    }
    const zone = before.zone ?? more.zone;
    const notes = { ...before.notes };
    for (const [words, count] of Object.entries(more.notes ?? {})) notes[words] = (notes[words] ?? 0) + count;
    return {
      ...before,
      series: [...series.values()],
      ...(zone !== undefined && zone !== null && { zone }),
      ...(Object.keys(notes).length > 0 && { notes }),
    };
  },
  own({ series = [] }) {
    for (const line of series) OWN.set(line.x, line);
  },
  keep({ series = [] }) {
    for (const line of series) OWN.delete(line.x);
  },
};

function extended(before: Series, more: Series): Series {
  const own = OWN.get(before.x) === before;
  const line: Series = {
    name: before.name,
    x: own ? appended(before.x, more.x) : before.x.concat(more.x),
    y: own ? appended(before.y, more.y) : before.y.concat(more.y),
  };
  OWN.set(line.x, line);
  return descends(line, before);
}

function appended(values: Points, more: Points): Points {
  const own = values as (number | null)[];
  for (const value of more) own.push(value);
  return own;
}
