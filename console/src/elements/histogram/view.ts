/** A histogram: of values, in bins as wide as the picture has room for, or of counts, in those that were given. */
import type { Histogram } from "../../protocol/deck.gen";
import { formatNumber } from "../../core/numerals";
import { SlotChart, type Slots } from "../../plotting/slotChart";
import { elementNode } from "../dom";
import { MOST_SHOWN } from "./apply";
import type { ElementView, Viewing } from "../kind";

export class HistogramView implements ElementView<Histogram> {
  readonly kind = "histogram";
  readonly node = elementNode("histogram");
  private readonly chart: SlotChart;

  constructor() {
    this.node.classList.add("ld-chart");
    this.chart = new SlotChart(this.node);
  }

  update(next: Histogram): void {
    this.chart.update(slotsOf(next));
  }

  rethemed(): void {
    this.chart.rethemed();
  }

  destroy(): void {
    this.chart.destroy();
  }
}

export function slotsOf(histogram: Histogram): Slots {
  const { title, groups = [], x_label = "", y_label = "", notes = {} } = histogram;
  const said = Object.entries(notes).map(([words, count]) => `${words} (${formatNumber(count)} ${count === 1 ? "value" : "values"})`);
  const edges = edgesOf(histogram);
  const given = (histogram.edges ?? []).length > 0;
  const first = edges[0] ?? 0;
  const held = groups.map(({ name, power, at, counts }) => {
    const values = new Array<number>(Math.max(0, edges.length - 1)).fill(0);
    const width = (edges[1] ?? 0) - first;
    at.forEach((place, index) => {
      const slot = given ? place : Math.floor(place * (2 ** power / width) - first / width);
      if (slot < values.length) values[slot] = (values[slot] ?? 0) + (counts[index] ?? 0);
    });
    return { name, values };
  });
  const last = edges.length - 2;
  const names = edges.slice(0, -1).map((edge, slot) => `${formatNumber(edge)} to ${slot === last && given ? "" : "below "}${formatNumber(edges[slot + 1] ?? 0)}`);
  const counted = held.some(({ values }) => values.some((value) => value > 0));
  const empty = said.length > 0 ? "No values" : "No values yet";
  return {
    title,
    xLabel: x_label,
    yLabel: y_label || "count",
    logY: false,
    names: counted ? names : [],
    edges: counted ? edges : [],
    groups: held,
    notes: said,
    empty,
    slot: "bin",
  };
}

/** The edges of the bins that are shown: those that were given, or such of the least power of two that is wide enough. */
function edgesOf({ edges = [], groups = [], most = MOST_SHOWN }: Histogram): readonly number[] {
  if (edges.length > 0) return edges;
  const filled = groups.filter(({ at }) => at.length > 0);
  if (filled.length === 0) return [];
  let power = Math.max(...filled.map((group) => group.power));
  const reach = () => {
    const width = 2 ** power;
    const low = Math.min(...filled.map((group) => Math.floor((group.at[0] ?? 0) * (2 ** group.power / width))));
    const high = Math.max(...filled.map((group) => Math.floor((group.at.at(-1) ?? 0) * (2 ** group.power / width))));
    return [low, high - low + 1] as const;
  };
  while (reach()[1] > most && power < 1020) power++;
  const [low, count] = reach();
  // The bins around the largest numbers end with these: their own edges no number can hold.
  const edge = (at: number) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, at * 2 ** power));
  return Array.from({ length: Math.min(count, most) + 1 }, (_, index) => edge(low + index));
}

export const viewing: Viewing<Histogram> = { View: HistogramView };
