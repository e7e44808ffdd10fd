/** What all kinds of chart have around their picture: title, options, a table of the same data, notes. */
import { csv } from "../core/csv";
import type { Saved } from "../core/saving";
import { child, setText } from "../elements/dom";
import { askToPin, onPinned } from "../elements/pinning";
import { askToSave } from "../elements/saving";
import { pngOf, svgOf, type Figure, type Plot } from "./figure";
import { PlotFrame } from "./frame";
import type { Pen } from "./pen";
import { themeOf } from "./theme";

/** Rows of the table of a chart: those of the end. */
const ROWS = 200;

/** The data of a chart as rows of cells, the names of the columns first. */
export type Rows = readonly (readonly string[])[];

export interface CardOf {
  /** Draw the picture anew: it has another size, or the table is wanted. */
  readonly redraw: () => void;
  readonly rows: () => Rows;
  /** Its plot, to be drawn elsewhere; null: there is nothing to be seen. */
  readonly plot: () => Plot | null;
}

let cards = 0;

export class ChartCard {
  readonly plot: PlotFrame;
  readonly legend: HTMLElement;
  readonly menu: HTMLElement;
  readonly reset: HTMLButtonElement;
  private readonly title: HTMLElement;
  private readonly details: HTMLDetailsElement;
  private readonly summary: HTMLElement;
  private readonly notes: HTMLElement;
  private readonly table: HTMLElement;
  private readonly tableButton: HTMLButtonElement;
  private readonly larger: HTMLButtonElement;
  private readonly pin: HTMLButtonElement;
  private words = "";

  constructor(
    readonly node: HTMLElement,
    private readonly of: CardOf,
  ) {
    const head = child(node, "div", "ld-chart-head");
    this.title = child(head, "h3", "ld-chart-title");
    const tools = child(head, "div", "ld-chart-tools");
    this.reset = button(tools, "Reset zoom", "ld-small-button ld-chart-reset");
    this.reset.hidden = true;
    this.pin = button(tools, "↥", "ld-chart-tool");
    this.pin.dataset["pin"] = "";
    this.pin.setAttribute("aria-pressed", "false");
    this.pin.addEventListener("click", () => askToPin(node));
    onPinned(node, (pinned) => {
      this.pin.setAttribute("aria-pressed", String(pinned));
      this.pin.title = pinned ? "Let it scroll" : "Keep in sight";
    });
    this.details = child(tools, "details", "ld-chart-menu") as HTMLDetailsElement;
    this.summary = child(this.details, "summary", "");
    this.summary.textContent = "⋯";
    this.menu = child(this.details, "div", "ld-chart-options");
    this.plot = new PlotFrame(node, () => of.redraw());
    this.legend = child(this.plot.node, "div", "ld-legend");
    this.table = child(node, "div", "ld-chart-table");
    this.table.tabIndex = 0; // what scrolls is to be reached by the keyboard
    this.table.id = `livedeck-chart-table-${++cards}`;
    this.table.hidden = true;
    this.notes = child(node, "ul", "ld-chart-notes");
    this.notes.hidden = true;
    this.tableButton = button(this.menu, "Table", "ld-small-button");
    this.tableButton.setAttribute("aria-expanded", "false");
    this.tableButton.setAttribute("aria-controls", this.table.id);
    this.tableButton.addEventListener("click", () => this.toggleTable());
    this.saving("CSV", () => ({ form: "csv", text: csv(of.rows()) }));
    this.saving("PNG", () => ({ form: "png", text: pngOf(this.figure()) }));
    this.saving("SVG", () => ({ form: "svg", text: this.plot.pen && svgOf(this.figure(), this.plot.pen) }));
    this.larger = button(tools, "", "ld-chart-tool");
    this.larger.setAttribute("aria-pressed", "false");
    this.larger.addEventListener("click", () => this.enlarge(!this.enlarged));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.enlarged && !event.defaultPrevented) {
        event.preventDefault(); // it is not meant for what is around it
        this.enlarge(false);
      }
      if (event.key === "Tab" && this.enlarged) this.keepFocus(event);
    });
    this.details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.details.open) return;
      event.preventDefault();
      this.details.open = false;
      this.summary.focus();
    });
    this.details.addEventListener("focusout", (event) => {
      if (event.relatedTarget instanceof Node && !this.details.contains(event.relatedTarget)) this.details.open = false;
    });
  }

  name(title: string): void {
    this.words = title;
    setText(this.title, title);
    this.nameLarger();
    label(this.summary, `Options of ${title}`);
    label(this.pin, `Pin ${title}`);
    this.table.setAttribute("aria-label", title);
    this.table.setAttribute("role", "group");
  }

  /** Say below the chart what it does not show as it came. */
  tell(notes: readonly string[]): void {
    const shown = [...this.notes.children].map((node) => node.textContent);
    if (shown.length === notes.length && shown.every((words, index) => words === notes[index])) return;
    this.notes.replaceChildren();
    for (const words of notes) child(this.notes, "li", "").textContent = words;
    this.notes.hidden = notes.length === 0;
  }

  /** Bring the table up to date, if it is shown. */
  fill(): void {
    if (this.table.hidden) return;
    const [head = [], ...rows] = this.of.rows();
    const table = document.createElement("table");
    const caption = table.createCaption();
    caption.textContent = rows.length > ROWS ? `The last ${ROWS} of ${rows.length.toLocaleString("en")} rows` : `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    const line = table.createTHead().insertRow();
    for (const name of head) {
      const cell = child(line, "th", "");
      cell.setAttribute("scope", "col");
      cell.textContent = name;
    }
    const body = table.createTBody();
    for (const row of rows.slice(-ROWS)) {
      const cells = body.insertRow();
      for (const text of row) cells.insertCell().textContent = text;
    }
    this.table.replaceChildren(table);
  }

  private saving(name: string, file: () => { readonly form: Saved["form"]; readonly text: string | null }): void {
    button(this.menu, `Save ${name}`, "ld-small-button").addEventListener("click", () => {
      const { form, text } = file();
      if (text !== null) askToSave(this.node, { form, text });
    });
  }

  /** What is saved as a picture: the plot as it is, or in its place why there is none. */
  private figure(): Figure {
    const { plot, words: title } = this;
    const theme = themeOf(this.node);
    const nothing = (pen: Pen, width: number, height: number): void => {
      pen.fillStyle = theme.faint;
      pen.textAlign = "center";
      pen.fillText(plot.empty, width / 2, height / 2);
    };
    const { keys, draw } = this.of.plot() ?? { keys: [], draw: nothing };
    return { title, keys, draw, theme, width: plot.width, height: plot.height };
  }

  private get enlarged(): boolean {
    return this.node.hasAttribute("data-enlarged");
  }

  /** Show it on all of the page, over everything else, or where it stands. */
  private enlarge(large: boolean): void {
    this.node.toggleAttribute("data-enlarged", large);
    for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"], ["aria-label", this.words]] as const) {
      if (large) this.node.setAttribute(name, value);
      else this.node.removeAttribute(name);
    }
    document.documentElement.toggleAttribute("data-enlarged", large);
    this.larger.setAttribute("aria-pressed", String(large));
    this.nameLarger();
    this.larger.focus();
    this.of.redraw();
  }

  private nameLarger(): void {
    setText(this.larger, this.enlarged ? "\u00d7" : "\u2197");
    label(this.larger, `${this.enlarged ? "Close" : "Enlarge"} ${this.words}`);
  }

  /** While it covers the page, Tab stays within it. */
  private keepFocus(event: KeyboardEvent): void {
    const all = [...this.node.querySelectorAll<HTMLElement>("button, summary, input, [tabindex='0']")];
    const within = all.filter((each) => each.checkVisibility());
    const [first, last] = [within[0], within.at(-1)];
    if (event.target !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }

  destroy(): void {
    if (this.enlarged) document.documentElement.removeAttribute("data-enlarged");
    this.plot.destroy();
  }

  private toggleTable(): void {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute("aria-expanded", String(!this.table.hidden));
    this.fill();
  }
}

function label(node: HTMLElement, words: string): void {
  if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
}

export function button(parent: HTMLElement, words: string, className: string): HTMLButtonElement {
  const made = child(parent, "button", className) as HTMLButtonElement;
  made.type = "button";
  made.textContent = words;
  return made;
}
