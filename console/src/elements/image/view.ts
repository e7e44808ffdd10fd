/**
 * A picture, or those of several steps: a slider leads through them, and follows the newest until the viewer moves it. Two
 * of them, with what lies over each, are compared by a line that is moved over both.
 */
import type { Image, Picture } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";
import { child, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Layer } from "./layer";
import { Legend } from "./legend";

const NONE: Picture = { src: "", note: "No picture yet" };

export class ImageView implements ElementView<Image> {
  readonly kind = "image";
  readonly node = document.createElement("figure");
  private readonly frame = child(this.node, "div", "ld-image-frame");
  private readonly layer = new Layer(this.frame, "ld-image-layer");
  private readonly other = new Layer(this.frame, "ld-image-other");
  private readonly caption = child(this.node, "figcaption", "");
  private readonly words = child(this.caption, "bdi", "");
  private readonly step = child(this.caption, "span", "ld-image-step");
  private readonly note = child(this.node, "p", "ld-image-note");
  private readonly controls = child(this.node, "div", "ld-image-controls");
  private readonly steps = range(this.controls, "Step");
  private readonly compare = child(this.controls, "button", "ld-small-button") as HTMLButtonElement;
  private readonly line = range(this.node, "How much of the first picture is shown");
  private readonly legend = new Legend(this.node, () => this.draw());
  private image: Image | null = null;
  /** The picture that the viewer has chosen; null: the newest. */
  private chosen: number | null = null;

  constructor() {
    this.node.className = "ld-element ld-image";
    this.compare.type = "button";
    this.compare.textContent = "Compare";
    this.compare.title = "Lay the first picture over this one";
    this.compare.setAttribute("aria-pressed", "false");
    this.line.className = "ld-image-line";
    this.line.max = "100";
    this.line.value = "50";
    this.steps.addEventListener("input", () => this.choose(Number(this.steps.value)));
    this.line.addEventListener("input", () => this.cut());
    this.compare.addEventListener("click", () => {
      this.compare.setAttribute("aria-pressed", String(!this.comparing));
      this.draw();
    });
  }

  update(next: Image): void {
    this.image = next;
    this.draw();
  }

  private get comparing(): boolean {
    return this.compare.getAttribute("aria-pressed") === "true";
  }

  private choose(place: number): void {
    const last = (this.image?.pictures.length ?? 0) - 1;
    this.chosen = place >= last ? null : place;
    this.draw();
  }

  private draw(): void {
    const pictures = this.image?.pictures ?? [];
    const last = Math.max(0, pictures.length - 1);
    const place = Math.min(this.chosen ?? last, last);
    const picture = pictures[place] ?? NONE;
    this.layer.show(picture, this.legend.hidden);
    this.legend.show(picture);
    setText(this.words, picture.caption ?? "");
    const { step = null, note = "" } = picture;
    setText(this.step, step === null ? "" : `step ${formatNumber(step)}`);
    setText(this.note, note);
    this.note.hidden = note === "";
    this.controls.hidden = last === 0;
    this.steps.max = String(last);
    this.steps.value = String(place);
    this.steps.setAttribute("aria-valuetext", step === null ? `picture ${place + 1}` : `step ${formatNumber(step)}`);
    const both = this.comparing && last > 0;
    this.line.hidden = this.other.node.hidden = !both;
    if (both) this.other.show(pictures[0] ?? NONE, this.legend.hidden);
    this.cut();
  }

  /** Show the first picture up to the line. */
  private cut(): void {
    this.other.node.style.clipPath = `inset(0 ${100 - Number(this.line.value)}% 0 0)`;
  }
}

function range(parent: HTMLElement, name: string): HTMLInputElement {
  const made = child(parent, "input", "") as HTMLInputElement;
  made.type = "range";
  made.min = "0";
  made.setAttribute("aria-label", name);
  return made;
}

export const viewing: Viewing<Image> = { View: ImageView };
