import { describe, expect, it } from "vitest";
import { savedName } from "../../src/core/savedName";

describe("savedName", () => {
  it.each([
    ["report.csv", "o0", "file, csv", "report.csv"],
    ["plots/a.png", "o0", "directory", "a.png"],
    ["00000", "rows", "table, parquet", "rows.parquet"],
    ["00000", "rows", "table", "rows.parquet"],
    ["0123abcd", "seen", "pickled value", "seen.pickle"],
    ["LICENSE", "o0", "file", "LICENSE"],
    [".profile", "o0", "file", ".profile"],
  ])("%s of %s, a %s, is saved as %s", (stored, name, type, saved) => {
    expect(savedName(stored, name, type)).toBe(saved);
  });
});
