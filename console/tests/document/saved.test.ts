import { describe, expect, it } from "vitest";
import { savedDocument } from "../../src/document/saved";
import type { Element } from "../../src/protocol/deck.gen";

const START = 1000;

/** As `livedeck/deck/snapshot.py` writes it: `written` at a byte of the file, and what says where it lies. */
function saved(element: object, before: string, written: string): Element | undefined {
  const { length } = new TextEncoder().encode(before);
  const place = [START + length, new TextEncoder().encode(written).length];
  const json = JSON.stringify({ seq: 1, decks: [{ name: "a", elements: [element] }] }).replace('"PLACE"', String(place));
  return savedDocument(json, `${before}${written}</div>`, START).decks?.[0]?.elements[0];
}

describe("savedDocument", () => {
  it("takes what is whole as it is", () => {
    const value = { kind: "value", id: "v", label: "loss", value: 1 };
    expect(saved(value, "", "")).toEqual(value);
    expect(savedDocument("{}", "", 0)).toEqual({ decks: [] });
  });

  it.each([
    ["html", '["PLACE"]', "é<div>", "<p>ü &amp; 💥</p>", "<p>ü &amp; 💥</p>"],
    ["html", '["PLACE",1]', "", "<p title=&quot;x&quot;>&amp;amp; &lt;</p>", '<p title="x">&amp; &lt;</p>'],
    ["html", '["PLACE",2]', "💥", "&amp;quot;", '"'],
    ["text", '["PLACE",0,1]', "<pre>\n", "&lt;b&gt; &amp;lt; \ufeff", "<b> &lt; \ufeff"],
    ["text", '["PLACE",1,1]', "<pre>\n", "&amp;lt;b>", "<b>"],
  ])("reads the text of %s at %s", (kind, place, before, written, text) => {
    const element = JSON.parse(`{"kind":"${kind}","id":"x","${kind}":${place}}`) as object;
    expect(saved(element, before, written)).toEqual({ kind, id: "x", [kind]: text });
  });
});
