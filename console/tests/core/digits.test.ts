import { describe, expect, it } from "vitest";
import { wholly } from "../../src/core/digits";
import { formatNumber } from "../../src/core/numerals";

describe("a whole float", () => {
  it("is said with all of its digits", () => {
    expect(formatNumber(wholly(2 ** 63))).toBe("9,223,372,036,854,775,808");
    expect(formatNumber(wholly(-(2 ** 53)))).toBe("-9,007,199,254,740,992");
    expect([0.5, 12, 2 ** 80, NaN].map(wholly)).toEqual([0.5, 12, 2 ** 80, NaN]);
  });
});
