// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { mayStand, withoutRefused } from "../../../src/elements/markdown/addresses";
import { viewing } from "../../../src/elements/markdown/view";

describe("addresses in Markdown", () => {
  it.each(["https://example.org", "http://a/b?c#d", "mailto:a@b", "page.html", "#part", "", "data:image/png;base64,AA"])(
    "lets %j stand",
    (address) => {
      expect(mayStand(address)).toBe(true);
    },
  );

  it.each([
    "javascript:x",
    "JaVaScRiPt:x",
    " \u0001javascript:x",
    "java\tscript:x",
    "java\nscript:x",
    "vbscript:x",
    "file:///etc/passwd",
    "data:text/html,x",
    "data:image/svg+xml,x",
  ])("refuses %j", (address) => {
    expect(mayStand(address)).toBe(false);
  });

  it("takes them from links and pictures, and leaves their words", () => {
    const template = document.createElement("template");
    template.innerHTML = '<a href="&#x6A;avascript:x">one</a><img src="javascript:x" alt="two"><a href="/three">three</a>';
    const shown = document.createElement("div");
    shown.append(withoutRefused(template.content));
    expect(shown.innerHTML).toBe('<a>one</a><img alt="two"><a href="/three">three</a>');
  });

  it("does so in what is shown", () => {
    const view = new viewing.View();
    view.update({ kind: "markdown", id: "m", text: "[words](&#x6A;avascript:x) and [more](https://example.org)" });
    expect(view.node.innerHTML).toContain("<a>words</a>");
    expect(view.node.innerHTML).toContain('<a href="https://example.org">more</a>');
  });
});
