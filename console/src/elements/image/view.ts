/**
 * A picture, or those of several steps: a slider leads through them, and follows the newest until the viewer moves it. Two
 * of them are compared by a line that is moved over both.
 */
import type { Box, Image, Picture } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";
import { child, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

const NONE: Picture = { src: "", note: "No picture yet" };

export class ImageView implements ElementView<Image> {
  readonly kind = "image";
  readonly node = document.createElement("figure");
  private readonly frame = child(this.node, "div", "ld-image-frame");
  private readonly picture = child(this.frame, "img", "") as HTMLImageElement;
  private readonly other = child(this.frame, "img", "ld-image-other") as HTMLImageElement;
  private readonly boxes = child(this.frame, "div", "ld-image-boxes");
  private readonly caption = child(this.node, "figcaption", "");
  private readonly words = child(this.caption, "bdi", "");
  private readonly step = child(this.caption, "span", "ld-image-step");
  private readonly note = child(this.node, "p", "ld-image-note");
  private readonly controls = child(this.node, "div", "ld-image-controls");
  private readonly steps = range(this.controls, "Step");
  private readonly compare = child(this.controls, "button", "ld-small-button") as HTMLButtonElement;
  private readonly line = range(this.node, "How much of the first picture is shown");
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
    show(this.picture, picture);
    setText(this.words, picture.caption ?? "");
    const { step = null, note = "" } = picture;
    setText(this.step, step === null ? "" : `step ${formatNumber(step)}`);
    setText(this.note, note);
    this.note.hidden = note === "";
    this.drawBoxes(picture.boxes ?? []);
    this.controls.hidden = last === 0;
    this.steps.max = String(last);
    this.steps.value = String(place);
    this.steps.setAttribute("aria-valuetext", step === null ? `picture ${place + 1}` : `step ${formatNumber(step)}`);
    const both = this.comparing && last > 0;
    this.line.hidden = this.other.hidden = !both;
    if (both) show(this.other, pictures[0] ?? NONE);
    this.cut();
  }

  /** Show the first picture up to the line. */
  private cut(): void {
    this.other.style.clipPath = `inset(0 ${100 - Number(this.line.value)}% 0 0)`;
  }

  private drawBoxes(boxes: readonly Box[]): void {
    while (this.boxes.children.length > boxes.length) this.boxes.lastElementChild?.remove();
    for (const [index, box] of boxes.entries()) {
      const node = (this.boxes.children[index] as HTMLElement | undefined) ?? child(this.boxes, "span", "ld-image-box");
      const label = node.firstElementChild instanceof HTMLElement ? node.firstElementChild : child(node, "bdi", "");
      node.style.cssText = `left:${percent(box.x)};top:${percent(box.y)};width:${percent(box.width)};height:${percent(box.height)}`;
      setText(label, box.label ?? "");
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`;
}

/** Only what is inside may be shown: an address elsewhere would not be fetched. */
function show(node: HTMLImageElement, { src, caption = "" }: Picture): void {
  const inside = src.startsWith("data:image/") ? src : "";
  node.hidden = inside === "";
  if (node.getAttribute("src") !== inside && inside !== "") node.src = inside;
  if (node.alt !== caption) node.alt = caption;
}

function range(parent: HTMLElement, name: string): HTMLInputElement {
  const made = child(parent, "input", "") as HTMLInputElement;
  made.type = "range";
  made.min = "0";
  made.setAttribute("aria-label", name);
  return made;
}

export const viewing: Viewing<Image> = { View: ImageView };
