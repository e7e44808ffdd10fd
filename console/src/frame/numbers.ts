/** Numbers as a Deck shows them; the same rules as `livedeck.deck.snapshot`'s static page. */

const PLAIN = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const TINY = 1e-4;
const HUGE = 1e15;

/** Six significant digits; whole numbers in full; very small and very large ones with an exponent. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= HUGE || (size > 0 && size < TINY)) return value.toExponential(3).replace(/\.?0+e/, "e");
  return Number.isInteger(value) ? WHOLE.format(value) : PLAIN.format(value);
}

export function formatValue(value: number | string | boolean | null): string {
  if (value === null) return "–";
  return typeof value === "number" ? formatNumber(value) : String(value);
}

/** A change, without its sign: an arrow beside it says which way. */
export function formatDelta(delta: number): string {
  return formatNumber(Math.abs(delta));
}
