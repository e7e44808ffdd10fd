/** A chart's legend: one button for each series that shows or hides it, and its value under the cursor. */
import type uPlot from "uplot";
import type { Series } from "../../protocol/deck.gen";
import { formatValue } from "../../core/numerals";
import { COLOURS, isDashed } from "./options";
import { child, setText } from "../dom";

interface Key {
  readonly name: string;
  readonly button: HTMLElement;
  readonly value: HTMLElement;
}

export class ChartLegend {
  private readonly node: HTMLElement;
  private keys: readonly Key[] = [];

  constructor(
    parent: HTMLElement,
    private readonly toggle: (index: number, show: boolean) => void,
  ) {
    this.node = child(parent, "div", "ld-legend");
  }

  /** The names of the series that the viewer has hidden. */
  hidden(): ReadonlySet<string> {
    return new Set(this.keys.filter((key) => !isShown(key)).map((key) => key.name));
  }

  show(series: readonly Series[], hidden: ReadonlySet<string>): void {
    this.node.replaceChildren();
    this.keys = series.map((one, index) => this.key(one.name, index, !hidden.has(one.name)));
  }

  /** Each series' value at the cursor, or its last one; differences as large as `resolution` are to be seen. */
  values(plot: uPlot, resolution: number): void {
    this.keys.forEach((key, index) => {
      const column = plot.data[index + 1];
      const at = plot.cursor.idx;
      const value = at === null || at === undefined ? lastOf(column) : column?.[at];
      setText(key.value, formatValue(value ?? null, resolution));
    });
  }

  private key(name: string, index: number, shown: boolean): Key {
    const button = child(this.node, "button", "ld-key");
    button.setAttribute("type", "button");
    button.setAttribute("aria-pressed", String(shown));
    const swatch = child(button, "span", "ld-swatch");
    swatch.style.color = `var(--ld-series-${index % COLOURS})`;
    swatch.toggleAttribute("data-dashed", isDashed(index));
    child(button, "span", "ld-key-name").textContent = name;
    const key = { name, button, value: child(button, "span", "ld-key-value") };
    button.addEventListener("click", () => {
      const show = !isShown(key);
      button.setAttribute("aria-pressed", String(show));
      this.toggle(index, show);
    });
    return key;
  }
}

function isShown(key: Key): boolean {
  return key.button.getAttribute("aria-pressed") === "true";
}

function lastOf(column: ArrayLike<number | null | undefined> | undefined): number | null {
  for (let i = (column?.length ?? 0) - 1; i >= 0; i--) {
    const value = column?.[i];
    if (typeof value === "number") return value;
  }
  return null;
}
