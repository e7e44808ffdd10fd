/** Which states of something follow each other by appending, told without comparing them. */

const LINEAGES = new WeakMap<object, object>();

/**
 * The same object for a state and for every later one that only had something appended; so a view can tell that all that
 * it has shown is still there.
 */
export function lineageOf(state: object): object {
  const known = LINEAGES.get(state);
  if (known) return known;
  const lineage = {};
  LINEAGES.set(state, lineage);
  return lineage;
}

/** `after` is `before` with something appended. */
export function descends<S extends object>(after: S, before: object): S {
  LINEAGES.set(after, lineageOf(before));
  return after;
}
