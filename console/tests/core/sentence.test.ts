import { expect, it } from "vitest";
import { sentence } from "../../src/core/sentence";

it.each([
  ["there is no execution 'x'", "There is no execution 'x'."],
  ["the link has expired. Ask for a new one.", "The link has expired. Ask for a new one."],
  ["livedeck.errors.DeckError: no", "livedeck.errors.DeckError: no."],
  ["n0: it failed", "n0: it failed."],
  ["", ""],
])("makes a sentence of %j", (words, expected) => {
  expect(sentence(words)).toBe(expected);
});
