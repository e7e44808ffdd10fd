import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actsOnDocument, isWholeDocument } from "../../../src/elements/html/markup";

interface Case {
  readonly html: string;
  readonly whole: boolean;
  readonly acts: boolean;
}

const FIXTURE = new URL("../../../../tests/fixtures/markup_cases.json", import.meta.url);
const CASES = JSON.parse(readFileSync(FIXTURE, "utf-8")) as readonly Case[];

describe("what HTML needs around it", () => {
  it.each(CASES)("is read off $html as in the saved page", ({ html, whole, acts }) => {
    expect(isWholeDocument(html)).toBe(whole);
    expect(actsOnDocument(html)).toBe(acts);
  });
});
