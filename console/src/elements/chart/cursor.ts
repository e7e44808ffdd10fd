/** Where the cursor is on a chart: a line, a mark on each series, and its x in a small label on the axis. */
import { child, setText } from "../dom";

export interface Mark {
  readonly top: number;
  readonly left: number;
  readonly colour: string;
}

export class ChartCursor {
  private readonly line: HTMLElement;
  private readonly label: HTMLElement;
  private readonly marks: HTMLElement;

  constructor(over: HTMLElement) {
    this.line = child(over, "div", "ld-cursor-line");
    this.marks = child(over, "div", "ld-cursor-marks");
    this.label = child(over, "div", "ld-cursor");
    this.hide();
  }

  hide(): void {
    this.line.hidden = this.label.hidden = this.marks.hidden = true;
  }

  /** Pixels are those of what lies over the plot, which is so wide. */
  show(left: number, width: number, words: string, marks: readonly Mark[]): void {
    this.line.hidden = this.label.hidden = this.marks.hidden = false;
    setText(this.label, words);
    this.line.style.left = `${left}px`;
    const half = this.label.offsetWidth / 2;
    this.label.style.left = `${Math.min(Math.max(left, half), Math.max(half, width - half))}px`;
    while (this.marks.children.length > marks.length) this.marks.lastElementChild?.remove();
    marks.forEach((mark, index) => {
      const node = (this.marks.children[index] as HTMLElement | undefined) ?? child(this.marks, "span", "");
      node.style.cssText = `left:${mark.left}px;top:${mark.top}px;background:${mark.colour}`;
    });
  }
}
