// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FigureView } from "../../../src/elements/figure/view";
import type { Figure } from "../../../src/protocol/deck.gen";
import { frames } from "../../rendering";

const figure = (rest: Partial<Figure>): Figure => ({ kind: "figure", id: "f", ...rest });
const plotly = (y: number, rest: Partial<Figure> = {}): Figure =>
  figure({ library: "livedeck-plotly", spec: JSON.stringify({ data: [{ y: [y] }] }), ...rest });
const globals = window as unknown as Record<string, unknown>;

describe("FigureView", () => {
  let view: FigureView;
  const place = () => view.node.querySelector<HTMLElement>(".ld-figure-place");

  beforeEach(() => {
    HTMLImageElement.prototype.decode = () => Promise.resolve();
    view = new FigureView();
    document.body.replaceChildren(view.node);
  });
  afterEach(() => {
    view.destroy();
    for (const name of ["Plotly", "vegaEmbed", "SHAP"]) Reflect.deleteProperty(globals, name);
  });

  it("shows a picture that is inside, as wide as it is to be, and its title as text", async () => {
    view.update(figure({ src: "data:image/png;base64,AA==", title: "<b>", width: 40 }));
    await frames();
    const picture = view.node.querySelector("img");
    expect(picture?.getAttribute("src")).toBe("data:image/png;base64,AA==");
    expect(picture?.width).toBe(40);
    expect(view.node.querySelector("h3")?.textContent).toBe("<b>");
    view.update(figure({ src: "https://example.org/a.png", note: "gone" }));
    await frames();
    expect(view.node.querySelector("img")).toBeNull();
    expect(view.node.querySelector(".ld-figure-note")?.textContent).toBe("gone");
  });

  it("turns a drawing of Plotly's into the next one, with what the viewer has done to it", async () => {
    const react = vi.fn(() => Promise.resolve());
    globals["Plotly"] = { react, purge: vi.fn(), addFrames: vi.fn() };
    view.update(plotly(1));
    await frames();
    view.update(plotly(2));
    await frames();
    const calls = react.mock.calls as unknown as [HTMLElement, { data: unknown; layout: object }][];
    expect(calls.length).toBe(2);
    expect(calls[0]?.[0]).toBe(calls[1]?.[0]);
    expect(calls[1]?.[1]).toMatchObject({ data: [{ y: [2] }], layout: { uirevision: "livedeck" } });
    view.update(plotly(2, { title: "another" }));
    await frames();
    expect(react).toHaveBeenCalledTimes(2);
  });

  it("waits for a library that comes later, and says so", async () => {
    view.update(plotly(1));
    await frames();
    expect(view.node.querySelector(".ld-figure-note")?.textContent).toContain("not in the Deck");
    const react = vi.fn(() => Promise.resolve());
    globals["Plotly"] = { react, purge: vi.fn() };
    document.dispatchEvent(new Event("livedeck:settled"));
    await frames();
    expect(react).toHaveBeenCalledOnce();
    expect(view.node.querySelector<HTMLElement>(".ld-figure-note")?.hidden).toBe(true);
  });

  it("keeps a drawing on screen until the next one stands, and draws the newest only", async () => {
    const waiting: (() => void)[] = [];
    const finalize = vi.fn();
    globals["vegaEmbed"] = vi.fn((node: HTMLElement, spec: { mark: string }) => {
      node.textContent = spec.mark;
      return new Promise((done) => waiting.push(() => done({ finalize })));
    });
    const vega = (mark: string) => figure({ library: "livedeck-vega", spec: JSON.stringify({ mark }) });
    view.update(vega("one"));
    waiting.shift()?.();
    await frames();
    view.update(vega("two"));
    view.update(vega("three"));
    expect(place()?.firstElementChild?.textContent).toBe("one");
    expect(finalize).not.toHaveBeenCalled();
    waiting.shift()?.();
    await frames();
    waiting.shift()?.();
    await frames();
    expect(place()?.children.length).toBe(1);
    expect(place()?.textContent).toBe("three");
    expect(finalize).toHaveBeenCalledTimes(2);
  });

  it("shows in its place what goes wrong, and draws the next one", async () => {
    const react = vi.fn(() => Promise.reject(new Error("no <axis>")));
    globals["Plotly"] = { react, purge: vi.fn() };
    view.update(plotly(1));
    await frames();
    expect(place()?.textContent).toContain("no <axis>");
    react.mockImplementation(() => Promise.resolve() as Promise<never>);
    view.update(plotly(2));
    await frames();
    expect(view.node.querySelector(".ld-error")).toBeNull();
  });
});
