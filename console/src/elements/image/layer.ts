/** One picture with what lies over it: masks, lines between keypoints, these, and boxes. */
import type { Box, Mask, Picture, Pose } from "../../protocol/deck.gen";
import { child, setText } from "../dom";
import { without } from "./palette";

const SVG = "http://www.w3.org/2000/svg";

/** What a viewer can hide besides classes of masks. */
export const POINTS = "points";
export const NAMES = "names";

/** What a class of a mask is called among all that can be hidden. */
export function classKey(mask: Mask, name: string): string {
  return JSON.stringify([mask.name ?? "", name]);
}

/** A colour as CSS has it. */
export function cssColor(color: number): string {
  return `#${(color & 0xffffff).toString(16).padStart(6, "0")}`;
}

export class Layer {
  readonly node: HTMLElement;
  private readonly picture: HTMLImageElement;
  private readonly masks: HTMLElement;
  private readonly lines: SVGSVGElement;
  private readonly points: HTMLElement;
  private readonly boxes: HTMLElement;

  constructor(parent: HTMLElement, className: string) {
    this.node = child(parent, "div", className);
    this.picture = child(this.node, "img", "") as HTMLImageElement;
    this.masks = child(this.node, "div", "ld-image-over");
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("class", "ld-image-lines");
    this.lines.setAttribute("viewBox", "0 0 1 1");
    this.lines.setAttribute("preserveAspectRatio", "none");
    this.lines.setAttribute("aria-hidden", "true");
    this.node.append(this.lines);
    this.points = child(this.node, "div", "ld-image-over");
    this.boxes = child(this.node, "div", "ld-image-over");
  }

  show(picture: Picture, hidden: ReadonlySet<string>): void {
    show(this.picture, picture.src, picture.caption);
    const there = this.picture.hidden ? NONE : picture;
    const poses = hidden.has(POINTS) ? [] : (there.poses ?? []);
    this.drawMasks(there.masks ?? [], hidden);
    this.drawLines(poses);
    this.drawPoints(poses);
    this.points.classList.toggle("ld-image-named", !hidden.has(NAMES));
    this.drawBoxes(there.boxes ?? []);
  }

  private drawMasks(masks: readonly Mask[], hidden: ReadonlySet<string>): void {
    for (const [index, mask] of items(this.masks, "img", "ld-image-mask", masks)) {
      const off = [...mask.classes.keys()].filter((place) => hidden.has(classKey(mask, mask.classes[place]?.name ?? "")));
      show(index as HTMLImageElement, off.length < mask.classes.length ? without(mask.src, off) : "", "");
    }
  }

  private drawLines(poses: readonly Pose[]): void {
    const drawn = poses.map((pose) => ({ pose, path: pathOf(pose) })).filter(({ path }) => path !== "");
    this.lines.replaceChildren(
      ...drawn.flatMap(({ pose, path }) =>
        ["", cssColor(pose.color)].map((stroke) => {
          const node = document.createElementNS(SVG, "path");
          node.setAttribute("d", path);
          node.style.stroke = stroke;
          return node;
        }),
      ),
    );
  }

  private drawPoints(poses: readonly Pose[]): void {
    const points = poses.flatMap(({ points, color }) => points.map((point) => ({ ...point, color })));
    for (const [node, { x, y, name = "", color }] of items(this.points, "span", "ld-image-point", points)) {
      place(node, x, y);
      node.style.backgroundColor = cssColor(color);
      setText(labelOf(node), name);
    }
  }

  private drawBoxes(boxes: readonly Box[]): void {
    for (const [node, box] of items(this.boxes, "span", "ld-image-box", boxes)) {
      place(node, box.x, box.y);
      node.style.width = percent(box.width);
      node.style.height = percent(box.height);
      setText(labelOf(node), box.label ?? "");
    }
  }
}

const NONE: Picture = { src: "" };

/** A node for each thing: those that are there stay, and what they show is not drawn anew for nothing. */
function* items<T>(
  parent: HTMLElement,
  tag: "img" | "span",
  className: string,
  things: readonly T[],
): Generator<[HTMLElement, T]> {
  while (parent.children.length > things.length) parent.lastElementChild?.remove();
  for (const [index, thing] of things.entries()) {
    yield [(parent.children[index] as HTMLElement | undefined) ?? child(parent, tag, className), thing];
  }
}

function labelOf(node: HTMLElement): HTMLElement {
  return node.firstElementChild instanceof HTMLElement ? node.firstElementChild : child(node, "bdi", "");
}

function pathOf({ points, lines = [] }: Pose): string {
  const ends = lines.map(([from = -1, to = -1]) => [points[from], points[to]] as const);
  return ends.map(([from, to]) => (from && to ? `M${from.x} ${from.y}L${to.x} ${to.y}` : "")).join("");
}

function place(node: HTMLElement, x: number, y: number): void {
  node.style.left = percent(x);
  node.style.top = percent(y);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`;
}

/** Only what is inside may be shown: an address elsewhere would not be fetched. */
function show(node: HTMLImageElement, src: string, alt = ""): void {
  const inside = src.startsWith("data:image/") ? src : "";
  node.hidden = inside === "";
  if (node.getAttribute("src") !== inside && inside !== "") node.src = inside;
  if (node.getAttribute("alt") !== alt) node.alt = alt; // also an empty one: it says that there is nothing to be said
}
