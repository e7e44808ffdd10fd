// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { applying } from "../../../src/elements/image/apply";
import { ImageView } from "../../../src/elements/image/view";
import type { Image, Picture } from "../../../src/protocol/deck.gen";

const url = (word: string) => `data:image/png;base64,${word}`;
const image = (...pictures: readonly Picture[]): Image => ({ kind: "image", id: "i", pictures });
const step = (at: number, word = String(at)): Picture => ({ src: url(word), step: at, caption: `after ${at}` });

describe("applying", () => {
  it("puts a picture behind the others, or in the place of its step's", () => {
    const grown = applying.extend(image(step(1), step(2)), image(step(1, "new"), { src: "" }, step(3)));
    expect(grown.pictures).toEqual([step(1, "new"), step(2), { src: "" }, step(3)]);
  });
});

describe("ImageView", () => {
  let view: ImageView;
  const picture = () => view.node.querySelector<HTMLImageElement>(".ld-image-frame > img");
  const input = (name: string) => view.node.querySelector<HTMLInputElement>(`input[aria-label="${name}"]`);
  const move = (name: string, to: number) => {
    const slider = input(name);
    if (!slider) throw new Error(`there is no ${name}`);
    slider.value = String(to);
    slider.dispatchEvent(new Event("input"));
  };

  beforeEach(() => {
    view = new ImageView();
    document.body.replaceChildren(view.node);
  });

  it("shows a picture with its words, and nothing that is to be moved", () => {
    view.update(image({ src: url("a"), caption: "<b>", note: "a note", boxes: [{ x: 0.1, y: 0, width: 0.5, height: 1, label: "<i>" }] }));
    expect(picture()?.src).toBe(url("a"));
    expect(view.node.querySelector("figcaption bdi")?.textContent).toBe("<b>");
    expect(view.node.querySelector(".ld-image-note")?.textContent).toBe("a note");
    expect(view.node.querySelector(".ld-image-box")?.textContent).toBe("<i>");
    expect(view.node.querySelector<HTMLElement>(".ld-image-box")?.style.left).toBe("10%");
    expect(view.node.querySelector<HTMLElement>(".ld-image-controls")?.hidden).toBe(true);
  });

  it("fetches nothing from elsewhere", () => {
    view.update(image({ src: "https://example.org/a.png" }));
    expect(picture()?.hidden).toBe(true);
    expect(picture()?.getAttribute("src")).toBeNull();
  });

  it("follows the newest step until the viewer has chosen one", () => {
    let state = image(step(1), step(2));
    view.update(state);
    expect(picture()?.src).toBe(url("2"));
    move("Step", 0);
    expect(picture()?.src).toBe(url("1"));
    view.update((state = applying.extend(state, image(step(3)))));
    expect(picture()?.src).toBe(url("1"));
    expect(input("Step")?.getAttribute("aria-valuetext")).toBe("step 1");
    move("Step", 2);
    view.update(applying.extend(state, image(step(4))));
    expect(picture()?.src).toBe(url("4"));
  });

  it("lays the first picture over another, up to a line", () => {
    view.update(image(step(1), step(2)));
    const over = view.node.querySelector<HTMLImageElement>(".ld-image-other");
    expect(over?.hidden).toBe(true);
    view.node.querySelector("button")?.click();
    move("How much of the first picture is shown", 30);
    expect(over?.hidden).toBe(false);
    expect(over?.src).toBe(url("1"));
    expect(over?.style.clipPath).toBe("inset(0 70% 0 0)");
  });
});
