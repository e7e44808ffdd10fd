// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { applying } from "../../../src/elements/text/apply";
import { TextView } from "../../../src/elements/text/view";
import type { Text } from "../../../src/protocol/deck.gen";

const text = (words: string): Text => ({ kind: "text", id: "t", text: words });
const line = "0123456789".repeat(10);
const lines = (count: number) => `${line}\n`.repeat(count);

let view: TextView;

beforeEach(() => {
  view = new TextView();
  document.body.replaceChildren(view.node);
});

/** As a browser lays it out: `height` pixels of text, of which 100 are seen. */
function lay(height: number): void {
  Object.defineProperties(view.node, {
    scrollHeight: { value: height, configurable: true },
    clientHeight: { value: 100, configurable: true },
  });
}

describe("TextView", () => {
  it("shows text as text", () => {
    view.update(text("<b>bold</b> & more\n\tindented"));
    expect(view.node.textContent).toBe("<b>bold</b> & more\n\tindented");
    expect(view.node.querySelector("b")).toBeNull();
  });

  it("leaves what stands where it is when text is appended", () => {
    const first = text(lines(500));
    view.update(first);
    const blocks = [...view.node.children];
    expect(blocks.length).toBeGreaterThan(3);
    const before = blocks.map((block) => block.textContent);
    const second = applying.extend(first, text("and one more\n"));
    view.update(second);
    expect([...view.node.children].slice(0, blocks.length)).toEqual(blocks);
    expect(blocks.slice(0, -1).map((block) => block.textContent)).toEqual(before.slice(0, -1));
    expect(view.node.textContent).toBe(second.text);
  });

  it.each([[["a", "b\n", "", "c"]], [[lines(200), line, `${line}\n`, lines(90)]], [[line.repeat(200), "\n", "\n\n", line]]])(
    "ends with the same text in whatever pieces it comes (%#)",
    (pieces) => {
      let state = text("");
      view.update(state);
      for (const piece of pieces) view.update((state = applying.extend(state, text(piece))));
      expect(view.node.textContent).toBe(pieces.join(""));
      for (const block of [...view.node.children].slice(0, -1)) expect(block.textContent.endsWith("\n")).toBe(true);
    },
  );

  it("begins anew with another text, be it as long and begin alike", () => {
    view.update(text("first\nsecond\n"));
    view.update(text("first\nother!\n"));
    expect(view.node.textContent).toBe("first\nother!\n");
  });

  it("keeps the end in sight while the viewer has it there", () => {
    let state = text(lines(10));
    lay(100);
    view.update(state);
    lay(300);
    view.update((state = applying.extend(state, text(lines(20)))));
    expect(view.node.scrollTop).toBe(0); // what is measured before the text comes is the text before
    view.node.scrollTop = 200;
    view.update((state = applying.extend(state, text(lines(5)))));
    expect(view.node.scrollTop).toBe(300);
    view.node.scrollTop = 50;
    view.update(applying.extend(state, text(lines(5))));
    expect(view.node.scrollTop).toBe(50);
  });
});
