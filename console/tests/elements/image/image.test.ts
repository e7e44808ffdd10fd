// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { applying } from "../../../src/elements/image/apply";
import { ImageView } from "../../../src/elements/image/view";
import { without } from "../../../src/elements/image/palette";
import type { Image, Picture } from "../../../src/protocol/deck.gen";

const url = (word: string) => `data:image/png;base64,${word}`;
const image = (...pictures: readonly Picture[]): Image => ({ kind: "image", id: "i", pictures });
// Two by two pixels of two classes, made by Python: its chunk tRNS says 0, 128, 128.
const MASK = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAMAAABFaP0WAAAACVBMVEUAAAD/AAAA/wD0g79+AAAAA3RSTlMAgIAsTd+1AAAADklEQVR4XmNgYGRgYgQAAA8ABVZnZbgAAAAASUVORK5CYII=";
const WITHOUT_FIRST = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAMAAABFaP0WAAAACVBMVEUAAAD/AAAA/wD0g79+AAAAA3RSTlMAAIAXzkf+AAAADklEQVR4XmNgYGRgYgQAAA8ABVZnZbgAAAAASUVORK5CYII=";
const step = (at: number, word = String(at)): Picture => ({ src: url(word), step: at, caption: `after ${at}` });

describe("applying", () => {
  it("puts a picture behind the others, or in the place of its step's", () => {
    const grown = applying.extend(image(step(1), step(2)), image(step(1, "new"), { src: "" }, step(3)));
    expect(grown.pictures).toEqual([step(1, "new"), step(2), { src: "" }, step(3)]);
  });
});

describe("the palette of a mask", () => {
  it("is written anew without some classes, and stays a valid PNG", () => {
    expect(without(MASK, [])).toBe(MASK);
    expect(without(MASK, [0])).toBe(WITHOUT_FIRST);
    expect(without(MASK, [7])).toBe(MASK);
  });

  it.each(["data:image/png;base64,", "data:image/png;base64,?", "data:image/png;base64,AAAA", "data:image/gif;base64,AAAA", "", MASK.slice(0, 90)])(
    "is left alone in what is no such file: %s",
    (src) => expect(without(src, [0])).toBe(src),
  );
});

describe("ImageView", () => {
  let view: ImageView;
  const picture = () => view.node.querySelector<HTMLImageElement>(".ld-image-layer > img");
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
    const over = view.node.querySelector<HTMLElement>(".ld-image-other");
    expect(over?.hidden).toBe(true);
    view.node.querySelector("button")?.click();
    move("How much of the first picture is shown", 30);
    expect(over?.hidden).toBe(false);
    expect(over?.querySelector("img")?.src).toBe(url("1"));
    expect(over?.style.clipPath).toBe("inset(0 70% 0 0)");
  });

  describe("with what lies over it", () => {
    const buttons = () => [...view.node.querySelectorAll<HTMLButtonElement>(".ld-image-legend > button")];
    const press = (name: string) => buttons().find((button) => button.textContent === name)?.click();
    const masks = () => [...view.node.querySelectorAll<HTMLImageElement>(".ld-image-layer .ld-image-mask")];
    const classes = [
      { name: "<road>", color: 0xff0000 },
      { name: "car", color: 0x00ff00 },
    ];
    const laid: Picture = {
      src: url("a"),
      masks: [{ src: MASK, classes, name: "truth" }],
      poses: [{ points: [{ x: 0, y: 0.5, name: "<hip>" }, { x: 1, y: 0.5 }], color: 0x0000ff, lines: [[0, 1], [0, 7], []] }],
    };

    beforeEach(() => view.update(image(laid)));

    it("has a button for each class, and one for all of a mask", () => {
      expect(buttons().map((button) => button.textContent)).toEqual(["truth", "truth: <road>", "truth: car", "Keypoints", "Names"]);
      expect(masks().map((mask) => mask.src)).toEqual([MASK]);
      press("truth: <road>");
      expect(masks()[0]?.src).toBe(WITHOUT_FIRST);
      expect(buttons().map((button) => button.getAttribute("aria-pressed"))).toEqual(["true", "false", "true", "true", "false"]);
      press("truth");
      expect(masks()[0]?.hidden).toBe(true);
      press("truth");
      expect(masks()[0]?.src).toBe(MASK);
      expect(masks()[0]?.hidden).toBe(false);
    });

    it("keeps what is hidden, and the button, when another picture comes", () => {
      const [, road] = buttons();
      road?.focus();
      road?.click();
      view.update(image({ ...laid, src: url("b") }));
      expect(masks()[0]?.src).toBe(WITHOUT_FIRST);
      expect(document.activeElement).toBe(road);
      view.update(image({ src: url("c") }));
      expect(view.node.querySelector<HTMLElement>(".ld-image-legend")?.hidden).toBe(true);
      expect(masks()).toEqual([]);
    });

    it("draws points and the lines between those that are there", () => {
      const points = [...view.node.querySelectorAll<HTMLElement>(".ld-image-point")];
      expect(points.map((point) => [point.style.left, point.style.top, point.textContent])).toEqual([
        ["0%", "50%", "<hip>"],
        ["100%", "50%", ""],
      ]);
      const paths = [...view.node.querySelectorAll(".ld-image-lines > path")].map((path) => path.getAttribute("d"));
      expect(paths).toEqual(["M0 0.5L1 0.5", "M0 0.5L1 0.5"]);
      press("Names");
      expect(view.node.querySelector(".ld-image-named")).not.toBeNull();
      press("Keypoints");
      expect(view.node.querySelectorAll(".ld-image-point, .ld-image-lines > path")).toHaveLength(0);
    });

    it("fetches no mask from elsewhere", () => {
      view.update(image({ src: url("a"), masks: [{ src: "https://example.org/a.png", classes }] }));
      expect(masks()[0]?.hidden).toBe(true);
      expect(masks()[0]?.src).toBe(MASK);
    });
  });
});
