// @vitest-environment jsdom
/** Rows, grids and sections on screen, groups that are found by names, and the list of contents. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ContentsList, placesIn } from "../../src/frame/contents";
import { PanelView } from "../../src/frame/panel";
import { DocumentView } from "../../src/frame/view";
import type { Element } from "../../src/protocol/deck.gen";

let sight: ((entries: { target: unknown; isIntersecting: boolean }[]) => void)[] = [];

vi.hoisted(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  vi.stubGlobal("ResizeObserver", class { observe = () => undefined; disconnect = () => undefined; });
});

beforeEach(() => {
  sight = [];
  document.body.replaceChildren();
  vi.stubGlobal("scrollTo", vi.fn());
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(told: (typeof sight)[number]) {
        sight.push(told);
      }
      observe = () => undefined;
      unobserve = () => undefined;
    },
  );
});

const text = (id: string, words = id): Element => ({ kind: "text", id, text: words });
const value = (label: string): Element => ({ kind: "value", id: label, label, value: 1 });
const section = (title: string, children: string[], more: object = {}): Element => ({ kind: "layout", form: "section", id: title, title, children, ...more });
const chart = (title: string): Element => ({ kind: "chart", id: title, title, series: [] });

function shown(...elements: Element[]): PanelView {
  const panel = new PanelView();
  document.body.append(panel.node);
  panel.update({ name: "d", elements });
  return panel;
}

const node = (id: string): HTMLElement | null => document.querySelector(`[data-element="${id}"]`);
const groups = (): (string | null)[] => [...document.querySelectorAll("details.ld-section > summary bdi")].map((each) => each.textContent);

describe("a panel", () => {
  it("puts elements where they stand, and leaves those alone that stay", () => {
    const panel = shown(section("s", ["b", "a"]), text("a"), text("b"), text("c"));
    const a = node("a");
    expect(a?.closest("details")).toBe(node("s")?.firstElementChild);
    expect(node("c")?.parentElement).toBe(panel.node);
    expect(node("b")?.nextElementSibling).toBe(a);
    const moved = vi.spyOn(Node.prototype, "insertBefore");
    panel.update({ name: "d", elements: [section("s", ["b", "a", "late"]), text("a", "A"), text("b"), text("c"), text("late")] });
    expect(node("a")).toBe(a);
    expect(a?.textContent).toBe("A");
    expect(node("late")?.closest("details")).not.toBeNull();
    expect(moved.mock.calls.filter(([each]) => each === a)).toEqual([]);
    moved.mockRestore();
  });

  it("keeps what the viewer has folded, until the author says otherwise", () => {
    const panel = shown(section("s", ["a"]), text("a"));
    const details = document.querySelector("details");
    if (details) details.open = false;
    panel.update({ name: "d", elements: [section("s", ["a", "b"]), text("a"), text("b")] });
    expect(document.querySelector("details")).toBe(details);
    expect(details?.open).toBe(false);
    panel.update({ name: "d", elements: [section("s", ["a", "b"], { folded: true }), text("a"), text("b")] });
    panel.update({ name: "d", elements: [section("s", ["a", "b"]), text("a"), text("b")] });
    expect(details?.open).toBe(true);
  });

  it("shows what stood in what is gone, and what stands in one that becomes another form", () => {
    const panel = shown(section("s", ["a"]), text("a"));
    panel.update({ name: "d", elements: [{ kind: "layout", form: "row", id: "s", children: ["a"] }, text("a")] });
    expect(node("a")?.parentElement).toBe(node("s"));
    panel.update({ name: "d", elements: [text("a")] });
    expect(node("a")?.parentElement).toBe(panel.node);
    panel.update({ name: "d", elements: [text("s"), text("a")] });
    expect([...panel.node.children]).toEqual([node("s"), node("a")]);
  });

  it("finds groups, keeps their folding and order while they grow, and waits while the pointer is over it", () => {
    const few = ["b/1", "a/1", "b/2", "a/2", "b/3", "a/3"].map(chart);
    const panel = shown(...few);
    expect(groups()).toEqual([]);
    let over = true;
    vi.spyOn(panel.node, "matches").mockImplementation((selectors: string) => selectors === ":hover" && over);
    panel.update({ name: "d", elements: [...few, chart("a/4")] });
    expect(groups()).toEqual([]);
    over = false;
    panel.node.dispatchEvent(new Event("pointerleave"));
    expect(groups()).toEqual(["b", "a"]);
    const details = [...document.querySelectorAll<HTMLDetailsElement>("details.ld-section")];
    if (details[0]) details[0].open = false;
    over = true;
    panel.update({ name: "d", elements: [...few, chart("a/4"), chart("c/1"), chart("b/4")] });
    expect(groups()).toEqual(["b", "a", "c"]);
    expect([...document.querySelectorAll<HTMLDetailsElement>("details.ld-section")].slice(0, 2)).toEqual(details);
    expect(details[0]?.open).toBe(false);
    expect(details[0]?.querySelector(".ld-count")?.textContent).toBe("4");
  });
});

describe("the list of contents", () => {
  const many = [section("one", ["v"]), value("v"), section("two", ["inner"]), section("inner", ["t"]), text("t"), { kind: "markdown", id: "m", text: "# three\n\n## four" } as Element];
  const rows = () => [...document.querySelectorAll(".ld-contents-row")].map((row) => row.textContent);

  it("names sections, groups and headings with what is in them, on a tab with several", () => {
    new DocumentView(document.body).show({ seq: 1, decks: [{ name: "d", elements: many }] });
    expect(document.querySelector<HTMLElement>(".ld-contents")?.hidden).toBe(false);
    expect(rows()).toEqual(["one1", "two1", "inner1", "three", "four"]);
  });

  it("is not there where there is little", () => {
    new DocumentView(document.body).show({ seq: 1, decks: [{ name: "d", elements: many.slice(0, 2) }] });
    expect(document.querySelector<HTMLElement>(".ld-contents")?.hidden).toBe(true);
  });

  it("has the tabs from seven on, and a dot for one that changes out of sight", () => {
    vi.useFakeTimers();
    const view = new DocumentView(document.body);
    const decks = "a b c d e f g".split(" ").map((name) => ({ name, elements: [text("x")] }));
    view.show({ seq: 1, decks });
    view.show({ seq: 2, decks: decks.with(3, { name: "d", elements: [text("x", "new")] }) });
    vi.runAllTimers();
    expect(rows()).toEqual("a b c d e f g".split(" ").map((name) => `${name}1`));
    const changed = () => [...document.querySelectorAll(".ld-contents-row[data-changed]")].map((row) => row.textContent);
    expect(changed()).toEqual(["d1"]);
    document.querySelector<HTMLElement>(".ld-contents-row[data-changed]")?.click();
    vi.runAllTimers();
    expect(document.querySelector("[role=tab][aria-selected=true]")?.textContent).toBe("d");
    expect(changed()).toEqual([]);
    vi.useRealTimers();
  });

  it("filters by what is typed after a slash, finds elements by their names, and is left with Escape", () => {
    const panel = shown(...many);
    const list = new ContentsList(() => undefined, () => panel.named());
    document.body.append(list.node);
    list.node.hidden = false;
    list.update([], placesIn(panel.node), []);
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
    const filter = list.node.querySelector("input");
    expect(document.activeElement).toBe(filter);
    if (filter) filter.value = "V";
    filter?.dispatchEvent(new Event("input"));
    expect(rows()).toEqual(["v"]);
    filter?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(rows()).toHaveLength(5);
    expect(document.activeElement).not.toBe(filter);
  });

  it("marks a section that changes while it is not in sight", () => {
    const panel = shown(...many);
    const list = new ContentsList(() => undefined, () => []);
    document.body.append(list.node);
    list.update([], placesIn(panel.node), panel.takeChanged());
    panel.update({ name: "d", elements: many.with(4, text("t", "more")) });
    list.update([], placesIn(panel.node), panel.takeChanged());
    const changed = () => [...list.node.querySelectorAll("[data-changed]")].map((row) => row.textContent);
    expect(changed()).toEqual(["inner1"]);
    sight.at(-1)?.([{ target: node("inner")?.querySelector("details"), isIntersecting: true }]);
    expect(changed()).toEqual([]);
  });

  it("unfolds what a place stands in, and leads there", () => {
    const panel = shown(section("two", ["inner"], { folded: true }), section("inner", ["t"], { folded: true }), text("t"));
    const list = new ContentsList(() => undefined, () => []);
    document.body.append(list.node);
    list.update([], placesIn(panel.node), []);
    const scrolled = vi.fn();
    HTMLElement.prototype.scrollIntoView = scrolled;
    list.node.querySelectorAll<HTMLElement>(".ld-contents-row")[1]?.click();
    expect([...document.querySelectorAll<HTMLDetailsElement>("details.ld-section")].map(({ open }) => open)).toEqual([true, true]);
    expect(scrolled).toHaveBeenCalledOnce();
    expect(document.activeElement?.textContent).toBe("inner");
  });
});
