/** How a cell is drawn: by its column's type, and as text where it is of another. */
import type { Column } from "../../protocol/deck.gen";
import { setText } from "../dom";
import { written, type Cell } from "./cells";

const WIDTH = 96;
const HEIGHT = 20;
const SVG = "http://www.w3.org/2000/svg";

/** Touches nothing where the cell is as it was. */
export function drawCell(node: HTMLTableCellElement, cell: Cell, column: Column): void {
  const { type = "" } = column;
  const words = written(cell, column);
  node.classList.toggle("ld-right", type === "number");
  if (type === "link" && /^https?:\/\//.test(words)) drawLink(node, words);
  else if (type === "image" && words.startsWith("data:image/")) drawImage(node, words);
  else if (type === "progress" && typeof cell === "number") drawProgress(node, cell, words);
  else if (Array.isArray(cell)) drawLine(node, cell as readonly (number | null)[], words);
  else drawWords(node, words);
}

function drawWords(node: HTMLElement, words: string): void {
  if (node.firstElementChild) node.replaceChildren();
  setText(node, words);
  if (node.title !== words) node.title = words;
}

function drawLink(node: HTMLElement, address: string): void {
  const link = only(node, "a", () => {
    const made = document.createElement("a");
    made.target = "_blank";
    made.rel = "noopener noreferrer";
    return made;
  });
  if (link.getAttribute("href") !== address) link.setAttribute("href", address);
  setText(link, address);
}

function drawImage(node: HTMLElement, source: string): void {
  const image = only(node, "img", () => {
    const made = document.createElement("img");
    made.alt = "";
    return made;
  });
  if (image.getAttribute("src") !== source) image.setAttribute("src", source);
}

function drawProgress(node: HTMLElement, share: number, words: string): void {
  const bar = only(node, "div", () => {
    const made = document.createElement("div");
    made.className = "ld-table-progress";
    made.append(document.createElement("i"), document.createElement("span"));
    return made;
  });
  const [fill, label] = [bar.firstElementChild as HTMLElement, bar.lastElementChild as HTMLElement];
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  if (fill.style.width !== width) fill.style.width = width;
  setText(label, words);
}

function drawLine(node: HTMLElement, numbers: readonly (number | null)[], words: string): void {
  const line = only(node, "svg", () => {
    const made = document.createElementNS(SVG, "svg");
    made.setAttribute("class", "ld-table-line");
    made.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    made.setAttribute("role", "img");
    made.append(document.createElementNS(SVG, "path"));
    return made;
  });
  const path = pathOf(numbers);
  const drawn = line.firstElementChild;
  if (drawn && drawn.getAttribute("d") !== path) drawn.setAttribute("d", path);
  if (line.getAttribute("aria-label") !== words) line.setAttribute("aria-label", words);
  if (node.title !== words) node.title = words;
}

/** A line through numbers, with gaps where there is none. */
export function pathOf(numbers: readonly (number | null)[]): string {
  const there = numbers.filter((each) => each !== null);
  const low = there.reduce((least, each) => Math.min(least, each), Infinity);
  const high = there.reduce((most, each) => Math.max(most, each), -Infinity);
  const step = numbers.length > 1 ? (WIDTH - 4) / (numbers.length - 1) : 0;
  let path = "";
  let gap = true;
  for (const [index, each] of numbers.entries()) {
    if (each !== null) {
      const y = high > low ? HEIGHT - 3 - ((each - low) / (high - low)) * (HEIGHT - 6) : HEIGHT / 2;
      path += `${gap ? "M" : "L"}${(2 + index * step).toFixed(1)} ${y.toFixed(1)}`;
      if (gap && (numbers[index + 1] ?? null) === null) path += "h0";
    }
    gap = each === null;
  }
  return path;
}

/** The node's only child, of that kind: the one that is there, or a new one. */
function only<N extends Element>(node: HTMLElement, name: string, make: () => N): N {
  const held = node.firstElementChild;
  if (held?.localName === name && node.childNodes.length === 1) return held as N;
  const made = make();
  node.replaceChildren(made);
  node.removeAttribute("title");
  return made;
}
