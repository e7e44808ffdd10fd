/** A row, grid, section or cell: a box, into which the panel puts what stands in it. */
import type { Layout } from "../../protocol/deck.gen";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

export class LayoutView implements ElementView<Layout> {
  readonly kind = "layout";
  readonly node = elementNode("layout");
  /** What is in it: of a section, a part of the node; else the node. */
  inside: HTMLElement = this.node;
  private form: Layout["form"] | null = null;
  private folds: HTMLDetailsElement | null = null;
  private heading: HTMLElement | null = null;
  private folded: boolean | null = null;

  update({ form, title = "", columns = 0, children = [], span = 0, folded = false }: Layout): void {
    if (form !== this.form) this.become(form);
    this.node.classList.toggle("ld-row", form === "row");
    this.node.classList.toggle("ld-grid", form === "grid");
    this.node.classList.toggle("ld-cell", form === "cell");
    if (span > 1) this.node.dataset["span"] = String(span);
    else delete this.node.dataset["span"];
    if (form === "section") {
      if (this.heading) setText(this.heading, title);
      if (this.folds && folded !== this.folded) this.folds.open = !folded;
      this.folded = folded;
    } else {
      this.inside.style.setProperty("--ld-columns", String(columns > 0 ? columns : Math.max(1, children.length)));
    }
  }

  /** What stands in it is put there again by the panel. */
  private become(form: Layout["form"]): void {
    this.form = form;
    this.node.replaceChildren();
    this.folds = this.heading = this.folded = null;
    this.inside = this.node;
    if (form !== "section") return;
    this.folds = child(this.node, "details", "ld-section") as HTMLDetailsElement;
    this.heading = child(child(child(this.folds, "summary", ""), "h2", ""), "bdi", "");
    this.inside = child(this.folds, "div", "ld-inside");
  }
}

export const viewing: Viewing<Layout> = { View: LayoutView };
