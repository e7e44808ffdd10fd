/** Numbers that floats cannot hold (integers beyond 2**53, nanoseconds of times) travel as their digits: see `livedeck/deck/digits.py`. */

/** A number, or all its digits. */
export type Exact = number | string;
export type Column = readonly (Exact | null)[];

const DIGITS = /^(-?)([0-9]{1,25})(?:\.([0-9]{1,9}))?$/;

/** The float nearest to it, where it is drawn; NaN where there is none. */
export function near(value: Exact | null | undefined): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && DIGITS.test(value) ? Number(value) : NaN;
}

/** A column as floats; itself where it has no digits. */
export function floats(column: Column): readonly (number | null)[] {
  if (!hasDigits(column)) return column as readonly (number | null)[];
  return column.map((value) => {
    const found = near(value);
    return Number.isNaN(found) ? null : found;
  });
}

/** A float that is a whole number with all of its digits, which are more than tell it from others beyond 2**53. */
export function wholly(value: number): Exact {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : value;
}

export function hasDigits(column: Column, from = 0): boolean {
  for (let index = from; index < column.length; index++) if (typeof column[index] === "string") return true;
  return false;
}

/** As it is written to a file; nothing of what is no number. */
export function plainText(value: Exact | null | undefined): string {
  return Number.isNaN(near(value)) ? "" : String(value);
}

/** Below zero, zero or above, as the one is less than the other, equal or greater. */
export function compare(one: Exact, other: Exact): number {
  const away = near(one) - near(other);
  if (away !== 0 || (typeof one === "number" && typeof other === "number")) return away;
  const apart = billionths(one) - billionths(other);
  return apart < 0n ? -1 : apart > 0n ? 1 : 0;
}

function billionths(value: Exact): bigint {
  if (typeof value === "number") return BigInt(Math.trunc(value)) * 1_000_000_000n + BigInt(Math.trunc((value % 1) * 1e9));
  const [, sign = "", whole = "0", fraction = ""] = DIGITS.exec(value) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(9, "0")}`);
}
