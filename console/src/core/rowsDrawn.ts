/** Which of the rows that are to be in the page are put there now: very many at once would be a long task. */

/**
 * Rows beside each other, by their place in `wanted`: from the first of them up to the one before the second number. They
 * begin with the first row in sight, go down, and then up.
 *
 * @param wanted ids of the rows that are to be in the page, in their order.
 * @param inSight place of the first one that a viewer sees; the others are above the visible ones and below them.
 * @param drawn ids of rows that are in the page.
 * @param most how many may be added to these.
 */
export function rowsToDraw(
  wanted: readonly string[],
  inSight: number,
  drawn: ReadonlySet<string>,
  most: number,
): readonly [number, number] {
  let room = most;
  const fits = (id: string | undefined) => id !== undefined && (drawn.has(id) || room-- > 0);
  let [from, to] = [inSight, inSight];
  while (fits(wanted[to])) to += 1;
  while (fits(wanted[from - 1])) from -= 1;
  return [from, to];
}
