/** What a viewer may choose of a chart: how smooth its lines are, which axes are logarithmic, how times are counted. */
import { child } from "../dom";

/** How x is counted where it is a time: as it is, from the first one, or point by point. */
export type Counting = "time" | "relative" | "order";

const COUNTINGS: readonly (readonly [Counting, string])[] = [
  ["time", "Time"],
  ["relative", "Relative time"],
  ["order", "Step"],
];

let charts = 0;

export class ChartOptions {
  counting: Counting = "time";
  /** The weight of what came before, in an exponential average. */
  smoothing = 0;
  private logX: boolean | null = null;
  private logY: boolean | null = null;
  private readonly slider: HTMLInputElement;
  private readonly smooth: HTMLElement;
  private readonly counts: HTMLElement;
  private readonly boxes: Readonly<Record<"x" | "y", HTMLInputElement>>;

  constructor(menu: HTMLElement, changed: () => void) {
    const name = `livedeck-counting-${++charts}`;
    this.smooth = child(menu, "label", "ld-chart-option");
    child(this.smooth, "span", "").textContent = "Smoothing";
    this.slider = child(this.smooth, "input", "") as HTMLInputElement;
    Object.assign(this.slider, { type: "range", min: "0", max: "0.99", step: "0.01", value: "0" });
    const amount = child(this.smooth, "span", "ld-chart-amount");
    amount.textContent = "off";
    this.slider.addEventListener("input", () => {
      this.smoothing = Number(this.slider.value);
      amount.textContent = this.smoothing === 0 ? "off" : this.slider.value;
      changed();
    });
    this.boxes = {
      x: checkbox(menu, "Logarithmic x", (checked) => {
        this.logX = checked;
        changed();
      }),
      y: checkbox(menu, "Logarithmic y", (checked) => {
        this.logY = checked;
        changed();
      }),
    };
    this.counts = child(menu, "fieldset", "ld-chart-option");
    child(this.counts, "legend", "").textContent = "x";
    for (const [value, words] of COUNTINGS) {
      const label = child(this.counts, "label", "");
      const input = child(label, "input", "") as HTMLInputElement;
      Object.assign(input, { type: "radio", name, value, checked: value === "time" });
      label.append(words);
      input.addEventListener("change", () => {
        this.counting = value;
        changed();
      });
    }
  }

  /** Which axes are logarithmic, as the author said and the viewer chose; what there is to choose. */
  settle(logX: boolean, logY: boolean, times: boolean, lines: boolean): { readonly x: boolean; readonly y: boolean } {
    this.counts.hidden = !times;
    this.smooth.hidden = !lines;
    this.boxes.x.closest("label")?.toggleAttribute("hidden", times);
    const chosen = { x: !times && (this.logX ?? logX), y: this.logY ?? logY };
    this.boxes.x.checked = chosen.x;
    this.boxes.y.checked = chosen.y;
    return chosen;
  }
}

function checkbox(menu: HTMLElement, words: string, changed: (checked: boolean) => void): HTMLInputElement {
  const label = child(menu, "label", "ld-chart-option");
  const input = child(label, "input", "") as HTMLInputElement;
  input.type = "checkbox";
  label.append(words);
  input.addEventListener("change", () => changed(input.checked));
  return input;
}
