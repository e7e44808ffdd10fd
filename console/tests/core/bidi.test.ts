import { expect, it } from "vitest";
import { words } from "../../src/core/bidi";

it("leaves plain names as they are", () => {
  expect(words`Node ${"train"} of ${3}: done`).toBe("Node train of 3: done");
});

it("keeps a name that turns the direction of text from turning its neighbours", () => {
  expect(words`Deck of ${"\u202eabc"}, live`).toBe("Deck of \u2068abc\u2069, live");
  // One that ends the isolation around it would be out.
  expect(words`${"a\u2069\u202eb"} of ${"c"}`).toBe("\u2068ab\u2069 of c");
  expect(words`Deck of ${"\u05d0\u05d1"} (1)`).toBe("Deck of \u2068\u05d0\u05d1\u2069 (1)");
});
