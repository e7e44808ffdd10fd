/** A bar chart: groups of bars by category. */
import type { Bars } from "../../protocol/deck.gen";
import { floats } from "../../core/digits";
import { formatNumber } from "../../core/numerals";
import { SlotChart, type Slots } from "../../plotting/slotChart";
import { elementNode } from "../dom";
import type { ElementView, Viewing } from "../kind";

export class BarsView implements ElementView<Bars> {
  readonly kind = "bars";
  readonly node = elementNode("bars");
  private readonly chart: SlotChart;

  constructor() {
    this.node.classList.add("ld-chart");
    this.chart = new SlotChart(this.node);
  }

  update(next: Bars): void {
    this.chart.update(slotsOf(next));
  }

  rethemed(): void {
    this.chart.rethemed();
  }

  destroy(): void {
    this.chart.destroy();
  }
}

export function slotsOf({ title, groups = [], x_label = "", y_label = "", log_y = false, notes = {} }: Bars): Slots {
  const names = [...new Set(groups.flatMap(({ categories }) => categories))];
  const held = groups.map(({ name, categories, values }) => {
    const known = new Map(categories.map((category, index) => [category, values[index] ?? null]));
    const exact = names.map((category) => known.get(category) ?? null);
    return { name, values: floats(exact), exact };
  });
  const said = Object.entries(notes).map(([words, count]) => `${words} (${formatNumber(count)} ${count === 1 ? "bar" : "bars"})`);
  const empty = said.length > 0 ? "No bars" : "No bars yet";
  return { title, xLabel: x_label, yLabel: y_label, logY: log_y, names, edges: [], groups: held, notes: said, empty, slot: x_label || "category" };
}

export const viewing: Viewing<Bars> = { View: BarsView };
