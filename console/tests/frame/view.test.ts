// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applySegment } from "../../src/document/apply";
import { FrameSession } from "../../src/frame/session";
import { DocumentView } from "../../src/frame/view";
import type { Document, Element } from "../../src/protocol/deck.gen";
import type { FromFrame } from "../../src/protocol/live.gen";

// Views ask for these; jsdom has none.
vi.hoisted(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  vi.stubGlobal("IntersectionObserver", class { observe = () => undefined; unobserve = () => undefined; });
});

const html = (id: string, text: string): Element => ({ kind: "html", id, html: text });
const decks = (...all: [string, ...Element[]][]): Document => ({
  seq: 1,
  decks: all.map(([name, ...elements]) => ({ name, elements })),
});
const tab = (name: string) =>
  [...document.querySelectorAll<HTMLElement>("[role=tab]")].find((one) => one.textContent === name);
const chosen = () => document.querySelector("[role=tab][aria-selected=true]")?.textContent;
const panel = () => document.querySelector<HTMLElement>("[role=tabpanel]:not([hidden]) > .ld-panel");

let view: DocumentView;

beforeEach(() => {
  document.body.replaceChildren();
  vi.stubGlobal("scrollTo", vi.fn());
  view = new DocumentView(document.body);
});

afterEach(() => vi.useRealTimers());

describe("DocumentView", () => {
  it("says nothing before it knows, and then whether anything is still to come", () => {
    const empty = document.querySelector<HTMLElement>(".ld-empty");
    expect(empty?.hidden).toBe(true);
    view.show({});
    expect(empty?.hidden).toBe(false);
    expect(empty?.textContent).toMatch(/^Nothing published yet/);
    view.show({ end: { op: "end", outcome: "succeeded", at: "2026-01-01T00:00:00Z" } });
    expect(empty?.textContent).toBe("Nothing was published");
    view.show(decks(["a", html("1", "x")]));
    expect(document.querySelector<HTMLElement>(".ld-empty")?.hidden).toBe(true);
  });

  it("has a tab for each deck, and keeps the chosen one through updates", () => {
    view.show(decks(["a", html("1", "x")], ["b", html("1", "y")]));
    expect(chosen()).toBe("a");
    tab("b")?.click();
    view.show(decks(["new", html("1", "z")], ["a", html("1", "x")], ["b", html("1", "Y")]));
    expect(chosen()).toBe("b");
    expect(panel()?.textContent).toBe("Y");
    expect([...document.querySelectorAll("[role=tab]")].map((one) => one.textContent)).toEqual(["new", "a", "b"]);
  });

  it("falls back to the first deck when the chosen one is dropped", () => {
    view.show(decks(["a", html("1", "x")], ["b", html("1", "y")]));
    tab("b")?.click();
    view.show(decks(["a", html("1", "x")]));
    expect(chosen()).toBe("a");
    expect(document.querySelectorAll("[role=tabpanel]")).toHaveLength(1);
  });

  it("moves between tabs with the arrow keys", () => {
    view.show(decks(["a", html("1", "x")], ["b", html("1", "y")]));
    tab("a")?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(chosen()).toBe("b");
    expect(document.activeElement?.textContent).toBe("b");
  });

  it("brings a deck up to date when it is chosen", () => {
    view.show(decks(["a", html("1", "x")], ["b", html("1", "old")]));
    view.show(decks(["a", html("1", "x")], ["b", html("1", "new")]));
    tab("b")?.click();
    expect(panel()?.textContent).toBe("new");
  });

  it("leaves the nodes of what did not change where they are", () => {
    view.show(decks(["a", html("1", "<p>x</p>"), html("2", "<p>y</p>")]));
    const before = [...(panel()?.querySelectorAll("p") ?? [])];
    view.show(decks(["a", html("1", "<p>x</p>"), html("2", "<p>z</p>"), html("3", "<p>w</p>")]));
    const after = [...(panel()?.querySelectorAll("p") ?? [])];
    expect(after[0]).toBe(before[0]);
    expect(after.map((node) => node.textContent)).toEqual(["x", "z", "w"]);
  });

  it("appends to HTML without touching what is there, unless an element was left open", () => {
    view.show(decks(["a", html("1", "<p>x</p>")]));
    const first = panel()?.querySelector("p");
    view.show(decks(["a", html("1", "<p>x</p><p>y</p>")]));
    expect(panel()?.querySelector("p")).toBe(first);
    view.show(decks(["a", html("1", "<p>x</p><p>y</p><ul><li>1")]));
    view.show(decks(["a", html("1", "<p>x</p><p>y</p><ul><li>1</li><li>2</li></ul>")]));
    expect(panel()?.querySelectorAll("ul")).toHaveLength(1);
    expect(panel()?.querySelectorAll("ul > li")).toHaveLength(2);
  });

  it("replaces an element whose kind changes, and puts neighbouring values side by side", () => {
    const value = (id: string): Element => ({ kind: "value", id, label: id, value: 1 });
    view.show(decks(["a", html("1", "x"), html("2", "y")]));
    view.show(decks(["a", value("1"), value("2"), html("3", "z"), value("4")]));
    const groups = [...(panel()?.children ?? [])].map((node) => node.className);
    expect(groups).toEqual(["ld-values", "ld-element ld-html", "ld-values"]);
    expect(panel()?.querySelectorAll(".ld-values .ld-value")).toHaveLength(3);
  });

  it("fades what has changed of a value, not all the time, and not for those who want less motion", () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const reduced = vi.fn(() => ({ matches: false }));
    vi.stubGlobal("matchMedia", reduced);
    const animate = vi.fn();
    Element.prototype.animate = animate;
    const show = (value: number) => view.show(decks(["a", { kind: "value", id: "v", label: "loss", value }]));
    for (; now < 2000; now += 100) show(now / 1000);
    expect(animate).toHaveBeenCalledTimes(2);
    expect((animate.mock.contexts[0] as HTMLElement).textContent).not.toContain("0.");
    show(1.9);
    reduced.mockReturnValue({ matches: true });
    now += 5000;
    show(7);
    expect(animate).toHaveBeenCalledTimes(2);
    vi.restoreAllMocks();
    vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  });

  it("gives a number the length that its size is made for, and a long one more room", () => {
    view.show(decks(["a", { kind: "value", id: "v", label: "n", value: 9007199254740991 }]));
    const figure = panel()?.querySelector<HTMLElement>(".ld-quantity");
    expect(figure?.textContent).toBe("9,007,199,254,740,991");
    expect(figure?.style.getPropertyValue("--ld-length")).toBe("21");
    const tile = panel()?.querySelector(".ld-value");
    expect([tile?.hasAttribute("data-long"), tile?.hasAttribute("data-words")]).toEqual([true, false]);
    view.show(decks(["a", { kind: "value", id: "v", label: "n", value: "warming up" }]));
    expect([tile?.hasAttribute("data-long"), tile?.hasAttribute("data-words")]).toEqual([false, true]);
  });

  it("puts columns of numbers of Markdown at the right, where the author has not said otherwise", () => {
    const text = "| a | b | c |\n|---:|---|:-:|\n| x | 1 | 2 |\n| y | 2.5 | 3 |\n";
    view.show(decks(["a", { kind: "markdown", id: "1", text }]));
    const cells = [...(panel()?.querySelectorAll("th, td") ?? [])].map((cell) => cell.getAttribute("align"));
    expect(cells).toEqual(["right", "right", "center", "right", "right", "center", "right", "right", "center"]);
  });

  it("shows progress as a bar that assistive technology can read", () => {
    view.show(decks(["a", { kind: "progress", id: "1", label: "Epochs", value: 3, total: 12, unit: "epochs" }]));
    const bar = document.querySelector("[role=progressbar]");
    expect(bar?.getAttribute("aria-valuenow")).toBe("3");
    expect(panel()?.textContent).toContain("3 of 12 epochs · 25 %");
    view.show(decks(["a", { kind: "progress", id: "1", label: "Epochs", value: 4 }]));
    expect(bar?.hasAttribute("aria-valuenow")).toBe(false);
  });

  it("rounds per cent down, and says no less than there is", () => {
    const percent = (value: number, total: number) => {
      view.show(decks(["a", { kind: "progress", id: "1", label: "files", value, total }]));
      return /· (\d+) %/.exec(panel()?.textContent ?? "")?.[1];
    };
    expect([29, 57, 58, 99.9, 100, 130, -5].map((value) => percent(value, 100))).toEqual(
      ["29", "57", "58", "99", "100", "100", "0"],
    );
  });

  it("ties tabs to panels where randomUUID does not exist: over plain HTTP", () => {
    const { crypto } = globalThis;
    vi.stubGlobal("crypto", {});
    view.show(decks(["a", html("1", "x")], ["b", html("1", "y")]));
    const controlled = [tab("a"), tab("b")].map((one) => one?.getAttribute("aria-controls"));
    expect(controlled).toEqual([...document.querySelectorAll("[role=tabpanel]")].map((one) => one.id));
    expect(new Set(controlled).size).toBe(2);
    vi.stubGlobal("crypto", crypto);
  });

  it("shows the elements behind one that cannot be shown", () => {
    const value = (n: number): Element => ({ kind: "value", id: "v", label: "loss", value: n });
    const newer = { kind: "hologram", id: "h" } as unknown as Element;
    const broken = { kind: "html", id: "c" } as unknown as Element;
    view.show(decks(["a", newer, broken, value(1), html("1", "<p>y</p>")]));
    expect(panel()?.querySelectorAll(".ld-error")).toHaveLength(2);
    expect(panel()?.textContent).toContain("This element (hologram) could not be shown");
    expect(panel()?.textContent).toContain("loss1");
    expect(panel()?.textContent).toContain("y");
    const failed = panel()?.querySelector("[data-element=c]");
    view.show(decks(["a", newer, broken, value(2), html("1", "<p>y</p>")]));
    expect(panel()?.querySelector("[data-element=c]")).toBe(failed);
    expect(panel()?.querySelectorAll(".ld-error")).toHaveLength(2);
    const ids = [...(panel()?.querySelectorAll<HTMLElement>("[data-element]") ?? [])].map((one) => one.dataset["element"]);
    expect(ids).toEqual(["h", "c", "v", "1"]);
    view.show(decks(["a", html("c", "mended"), value(2)]));
    expect(panel()?.querySelector(".ld-error")).toBeNull();
    expect(panel()?.textContent).toContain("mended");
  });

  it("shows the text of Markdown that nests too deeply to be rendered, and all that follows it", () => {
    const deep = ">".repeat(5000);
    view.show(decks(["a", { kind: "markdown", id: "1", text: deep }, html("2", "behind")]));
    expect(panel()?.querySelector(".ld-error pre")?.textContent).toBe(deep);
    expect(panel()?.textContent).toContain("behind");
  });

  it("renders Markdown again only as often as it can afford, and never stops short of the last", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 200)); // every rendering takes this long
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"] });
    const rendered = vi.spyOn(Element.prototype, "innerHTML", "set");
    const log = (lines: number): Element => ({ kind: "markdown", id: "1", text: "- line\n".repeat(lines) });
    for (let lines = 1; lines <= 50; lines++) view.show(decks(["a", log(lines)]));
    expect(rendered).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(300);
    expect(rendered).toHaveBeenCalledTimes(2);
    expect(panel()?.querySelectorAll("li")).toHaveLength(50);
  });

  it("renders markdown, and raw HTML in it as text", () => {
    view.show(decks(["a", { kind: "markdown", id: "1", text: "**b** <img src=x onerror=alert(1)>\n\n<script>1</script>" }]));
    expect(panel()?.querySelector("strong")?.textContent).toBe("b");
    expect(panel()?.querySelector("img, script")).toBeNull();
    expect(panel()?.textContent).toContain("<script>1</script>");
  });
});

describe("FrameSession", () => {
  it("shows documents and segments, and reports each as applied, then painted", () => {
    const posted: FromFrame[] = [];
    const painting: (() => void)[] = [];
    let shown: Document = {};
    const screen = {
      show: (next: Document) => void (shown = next),
      theme: () => undefined,
      tab: () => undefined,
      over: () => undefined,
      look: () => undefined,
      whenPainted: (callback: () => void) => void painting.push(callback),
    };
    const session = new FrameSession(screen, (message) => posted.push(message));
    const segment = { seq: 2, at: "", ops: [{ op: "put" as const, deck: "a", element: html("1", "y") }] };
    const first = decks(["a", html("1", "x")]);
    session.receive({ type: "document", document: first });
    session.receive({ type: "segment", segment });
    expect(shown).toEqual(applySegment(first, segment));
    expect(posted).toEqual([
      { type: "applied", seq: 1 },
      { type: "applied", seq: 2 },
    ]);
    painting.forEach((callback) => callback());
    expect(posted.slice(2)).toEqual([
      { type: "painted", seq: 1 },
      { type: "painted", seq: 2 },
    ]);
  });
});
