// @vitest-environment jsdom
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkNote } from "../../src/frame/links";
import { guardHere } from "../../src/frame/nested";
import { Notices } from "../../src/frame/notices";

let deck: HTMLElement;

beforeAll(() => {
  deck = document.body.appendChild(document.createElement("div"));
  new Notices({ blocked: () => undefined }, new LinkNote(document.body), false).watch();
  guardHere("frame");
});

beforeEach(() => window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" })));

const note = () => document.querySelector<HTMLElement>(".ld-link-note");

/** Click on the element with the id "x"; whether the browser would go where it leads. */
function follows(html: string): boolean {
  deck.innerHTML = html;
  const click = new MouseEvent("click", { bubbles: true, cancelable: true, composed: true });
  // jsdom complains of a navigation that it does not implement; it happens after this listener, if at all.
  let prevented = false;
  const last = () => {
    prevented = click.defaultPrevented;
    click.preventDefault();
  };
  window.addEventListener("click", last, { once: true });
  deck.querySelector("#x")?.dispatchEvent(click);
  return !prevented;
}

describe("links in a sandboxed Deck", () => {
  it.each([
    '<a id="x" href="https://example.com/a?b=1">paper</a>',
    '<a href="https://example.com/a?b=1"><b id="x">paper</b></a>',
    '<a id="x" target="_blank" href=" https://example.com/a?b=1">paper</a>',
    '<svg><a xlink:href="https://example.com/a?b=1"><text id="x">paper</text></a></svg>',
    '<map><area id="x" href="https://example.com/a?b=1"></map>',
  ])("shows the address, selected, instead of following %s", (html) => {
    expect(follows(html)).toBe(false);
    expect(note()?.hidden).toBe(false);
    expect(document.querySelector(".ld-link-address")?.textContent).toBe("https://example.com/a?b=1");
    expect(window.getSelection()?.toString()).toBe("https://example.com/a?b=1");
  });

  it.each(['<a id="x">', '<a id="x" href="">', '<a id="x" href="javascript:void 0">', '<p id="x">'])(
    "leaves %s alone",
    (html) => {
      expect(follows(html)).toBe(true);
      expect(note()?.hidden).toBe(true);
    },
  );

  it("goes to a place on the same page without a step in the history", () => {
    const went = vi.fn();
    deck.innerHTML = '<h2 id="r\u00e9sum\u00e9"></h2>';
    const heading = deck.firstElementChild as HTMLElement;
    heading.scrollIntoView = went;
    const link = deck.appendChild(document.createElement("a"));
    link.href = "#r%C3%A9sum%C3%A9";
    link.click();
    expect(went).toHaveBeenCalledOnce();
    expect(window.location.hash).toBe("");
    expect(note()?.hidden).toBe(true);
  });

  it("leaves alone what the Deck's own scripts have taken care of", () => {
    deck.addEventListener("click", (event) => event.preventDefault(), { once: true });
    follows('<a id="x" href="https://example.com/">');
    expect(note()?.hidden).toBe(true);
  });

  it("goes away when it is closed, and shows no more of an address than can be read", () => {
    follows(`<a id="x" href="data:text/csv,${"1,".repeat(100_000)}">`);
    expect(document.querySelector(".ld-link-address")?.textContent.length).toBe(2000);
    note()?.querySelector("button")?.click();
    expect(note()?.hidden).toBe(true);
  });
});
