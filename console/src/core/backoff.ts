/** How long to wait before trying again: doubling, capped, with jitter so that many pages do not come back at once. */

const FIRST_MS = 250;
const MOST_MS = 8_000;

export function backoff(failures: number, random: () => number = Math.random): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return full * (0.5 + random() / 2);
}
