/**
 * Bars: values that stand side by side in slots, which are categories or the bins of a histogram. A pointer over a slot, or
 * the arrow keys, show its values; series are hidden and shown by the legend.
 */
import { compare, plainText, type Column, type Exact } from "../core/digits";
import { formatNumber } from "../core/numerals";
import { child, setText } from "../elements/dom";
import { Pace } from "../elements/pace";
import { axes, drawAxes, fitted, SIZE, vertical, type Axes } from "./axes";
import { across, logRange, roomyRange, type Ticks } from "./axis";
import { ChartCard } from "./card";
import { EasedRange } from "./easing";
import type { Plot } from "./figure";
import { Legend } from "./legend";
import type { Pen } from "./pen";
import { Scale } from "./scale";
import { colourOf, themeOf, type Theme } from "./theme";

interface Group {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** The values as they are said, where some of them are no floats. */
  readonly exact?: Column;
}

export interface Slots {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logY: boolean;
  /** What each slot is called. */
  readonly names: readonly string[];
  /** Where slots begin, and the last one ends, of numbers; empty for categories, which are as wide as each other. */
  readonly edges: readonly number[];
  readonly groups: readonly Group[];
  /** What is said below it. */
  readonly notes: readonly string[];
  /** What is said while there is nothing. */
  readonly empty: string;
  /** What a slot is, in the head of the table. */
  readonly slot: string;
}

/** Of a category's width, what stays free between it and the next. */
const FREE = 0.24;
const LETTER = 6.4;
/** Letters of a name that are to be read where there is not room for all names. */
const READ = 9;
/** Pixels in which a shortened name can be told from others. */
const LEAST_LABEL = 44;
const NOWHERE = { left: 0, top: 0, width: 0, height: 0 };

export class SlotChart {
  private readonly card: ChartCard;
  private readonly legend: Legend;
  private readonly tip: HTMLElement;
  private readonly mark: HTMLElement;
  private readonly log: HTMLInputElement;
  private readonly pace = new Pace(() => this.draw());
  private readonly eased = new EasedRange(() => this.pace.nextFrame());
  private slots: Slots | null = null;
  private axes: Axes | null = null;
  private theme: Theme | null = null;
  private chosenLog: boolean | null = null;
  private cursor: number | null = null;

  constructor(private readonly node: HTMLElement) {
    this.card = new ChartCard(node, { redraw: () => this.pace.nextFrame(), rows: () => this.rows(), plot: () => this.plot() });
    this.legend = new Legend(this.card.legend, () => {
      this.eased.reset();
      this.pace.nextFrame();
    });
    const { over } = this.card.plot;
    over.tabIndex = 0;
    over.setAttribute("role", "slider");
    this.mark = child(over, "div", "ld-slot");
    this.tip = child(over, "div", "ld-cursor");
    const label = child(this.card.menu, "label", "ld-chart-option");
    this.log = child(label, "input", "") as HTMLInputElement;
    this.log.type = "checkbox";
    label.append("Logarithmic y");
    this.log.addEventListener("change", () => {
      this.chosenLog = this.log.checked;
      this.eased.reset();
      this.pace.nextFrame();
    });
    over.addEventListener("pointermove", (event) => {
      const box = over.getBoundingClientRect();
      this.point(this.slotAt((event.clientX - box.left) / box.width));
    });
    over.addEventListener("pointerleave", () => this.point(null));
    over.addEventListener("blur", () => this.point(null));
    over.addEventListener("keydown", (event) => this.key(event));
  }

  update(slots: Slots): void {
    this.slots = slots;
    this.card.name(slots.title);
    this.card.plot.describe(described(slots));
    this.card.plot.over.setAttribute("aria-label", `Cursor of ${slots.title}`);
    this.pace.nextFrame();
  }

  rethemed(): void {
    this.theme = null;
    this.pace.nextFrame();
  }

  destroy(): void {
    this.pace.stop();
    this.legend.destroy();
    this.card.destroy();
  }

  private get shown(): readonly (readonly [number, Group])[] {
    return [...(this.slots?.groups ?? []).entries()].filter(([, { name }]) => !this.legend.hidden.has(name));
  }

  private draw(): void {
    const { slots, card } = this;
    const { width, height } = card.plot;
    if (!slots || width === 0) return;
    const theme = (this.theme ??= themeOf(this.node));
    const log = this.chosenLog ?? slots.logY;
    this.log.checked = log;
    const some = slots.names.length > 0 && slots.groups.length > 0;
    const values = this.shown.flatMap(([, group]) => group.values.filter((value) => value !== null && (!log || value > 0))) as number[];
    const below = log ? this.shown.reduce((sum, [, group]) => sum + group.values.filter((value) => value !== null && value <= 0).length, 0) : 0;
    card.plot.say(some ? null : slots.empty);
    card.tell(below > 0 ? [...slots.notes, `not above zero, for which a logarithmic axis has no place (${formatNumber(below)} ${below === 1 ? "bar" : "bars"})`] : slots.notes);
    const y = this.scaleY(values, log);
    const x = slots.edges.length > 1 ? new Scale(slots.edges[0] ?? 0, slots.edges.at(-1) ?? 1) : new Scale(-0.5, Math.max(1, slots.names.length) - 0.5);
    this.axes = card.plot.paint((pen) => (some ? this.paint(pen, width, height, x, y, theme, slots) : null));
    const { left, top, width: wide, height: high } = this.axes?.field ?? NOWHERE;
    card.plot.place(left, top, wide, high);
    card.plot.over.hidden = this.axes === null;
    card.fill();
    this.read();
  }

  private plot(): Plot | null {
    const { axes: made, theme, slots } = this;
    if (!made || !theme || !slots) return null;
    const keys = slots.groups.length > 1 ? this.shown.map(([index, { name }]) => ({ name, index })) : [];
    return { keys, draw: (pen, width, height) => void this.paint(pen, width, height, made.field.x, made.field.y, theme, slots) };
  }

  private scaleY(values: readonly number[], log: boolean): Scale {
    if (values.length === 0) return log ? new Scale(0.1, 1, true) : new Scale(0, 1);
    const least = values.reduce((one, other) => Math.min(one, other));
    const most = values.reduce((one, other) => Math.max(one, other));
    const [bottom, top] = log ? [least, most] : [Math.min(0, least), Math.max(0, most)];
    const [low, high] = log ? logRange(least / 1.5, most) : roomyRange(bottom, top);
    return this.eased.towards({ low, high }, bottom, top, log);
  }

  private paint(pen: Pen, width: number, height: number, x: Scale, y: Scale, theme: Theme, slots: Slots): Axes {
    const numbers = slots.edges.length > 1;
    const ticks = (room: number): Ticks => (numbers ? across(x.low, x.high, room, { zone: null }) : categoryTicks(pen, slots.names, room, theme));
    const made = axes(pen, width, height, x, y, theme, {
      xLabel: slots.xLabel,
      yLabel: slots.yLabel,
      across: ticks,
      upwards: vertical(y),
      plain: true,
    });
    drawAxes(pen, made, theme);
    const { field } = made;
    const base = y.log || y.low > 0 ? field.top + field.height : y.high < 0 ? field.top : field.upwards(0);
    const { shown } = this;
    pen.save();
    pen.beginPath();
    pen.rect(field.left, field.top - 2, field.width, field.height + 4);
    pen.clip();
    shown.forEach(([index, { values }], place) => {
      pen.fillStyle = colourOf(theme, index);
      pen.globalAlpha = numbers && shown.length > 1 ? 0.55 : 1;
      pen.beginPath();
      values.forEach((value, slot) => {
        if (value === null || (y.log && value <= 0)) return;
        const [from, to] = this.edgesOf(slot, made, place, shown.length);
        const top = field.upwards(value);
        pen.rect(from, Math.min(top, base), Math.max(1, to - from), Math.max(value === 0 ? 0 : 1, Math.abs(base - top)));
      });
      pen.fill();
    });
    pen.restore();
    return made;
  }

  /** Where a bar begins and ends, in pixels. */
  private edgesOf(slot: number, { field }: Axes, place = 0, count = 1): readonly [number, number] {
    const { edges = [] } = this.slots ?? {};
    if (edges.length > 1) {
      const [from, to] = [field.across(edges[slot] ?? 0), field.across(edges[slot + 1] ?? 0)];
      return [from, to - from > 3 ? to - 1 : to];
    }
    const room = field.width / Math.max(1, this.slots?.names.length ?? 1);
    const free = count === 0 ? 0 : FREE * room;
    const each = (room - free) / Math.max(1, count);
    const from = field.left + slot * room + free / 2 + place * each;
    return [from, from + each - (each > 4 ? 1 : 0)];
  }

  private slotAt(share: number): number | null {
    const { slots, axes: made } = this;
    if (!slots || !made || share < 0 || share > 1) return null;
    if (slots.edges.length <= 1) return Math.min(slots.names.length - 1, Math.floor(share * slots.names.length));
    const value = made.field.x.value(share);
    const next = slots.edges.findIndex((edge) => edge > value);
    return next <= 0 ? null : next - 1;
  }

  private key(event: KeyboardEvent): void {
    const count = this.slots?.names.length ?? 0;
    const at = this.cursor;
    const to = { ArrowLeft: (at ?? count) - 1, ArrowDown: (at ?? count) - 1, ArrowRight: (at ?? -1) + 1, ArrowUp: (at ?? -1) + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || count === 0) return;
    event.preventDefault();
    this.point(Math.min(count - 1, Math.max(0, to)));
  }

  private point(slot: number | null): void {
    if (slot === this.cursor) return;
    this.cursor = slot;
    this.read();
  }

  /** Say what is in the slot under the cursor. */
  private read(): void {
    const { slots, axes: made, cursor, card } = this;
    if (!slots) return;
    const here = cursor !== null && cursor < slots.names.length && made ? cursor : null;
    this.tip.hidden = this.mark.hidden = here === null;
    if (slots.groups.length > 1) {
      const entries = slots.groups.map((group) => {
        const numbers = group.values.flatMap((_, slot) => valueOf(group, slot) ?? []);
        return {
          name: group.name,
          value: here === null ? null : valueOf(group, here),
          words: here === null ? "" : undefined,
          least: numbers.length > 0 ? numbers.reduce((one, other) => (compare(other, one) < 0 ? other : one)) : null,
          greatest: numbers.length > 0 ? numbers.reduce((one, other) => (compare(other, one) > 0 ? other : one)) : null,
        };
      });
      this.legend.show(entries, 0, null);
    }
    const said = this.shown.map(([, group]) => {
      const value = here === null ? null : valueOf(group, here);
      return `${group.name && `${group.name.slice(0, 60)} `}${value === null ? "–" : formatNumber(value)}`;
    });
    const words = here === null ? "nothing chosen" : `${(slots.names[here] ?? "").slice(0, 100)}: ${said.slice(0, 8).join(", ")}`;
    const { over } = card.plot;
    over.setAttribute("aria-valuemin", "1");
    over.setAttribute("aria-valuemax", String(Math.max(1, slots.names.length)));
    over.setAttribute("aria-valuenow", String((here ?? 0) + 1));
    over.setAttribute("aria-valuetext", words);
    if (here === null || !made) return;
    setText(this.tip, words);
    const [from, to] = this.edgesOf(here, made, 0, 0);
    this.mark.style.cssText = `left:${from - made.field.left}px;width:${Math.max(1, to - from)}px`;
    const half = this.tip.offsetWidth / 2;
    const middle = (from + to) / 2 - made.field.left;
    this.tip.style.left = `${Math.min(Math.max(middle, half), Math.max(half, made.field.width - half))}px`;
  }

  private rows(): string[][] {
    const { slots } = this;
    if (!slots) return [];
    const head = [slots.slot, ...slots.groups.map(({ name }) => name || slots.yLabel || "value")];
    return [head, ...slots.names.map((name, slot) => [name, ...slots.groups.map((group) => plainText(valueOf(group, slot)))])];
  }
}

/** A value as it is said; null where there is none. */
function valueOf({ values, exact }: Group, slot: number): Exact | null {
  const value = values[slot] ?? null;
  return value === null ? null : (exact?.[slot] ?? value);
}

function described({ title, names, groups, empty, slot }: Slots): string {
  if (names.length === 0) return `${title}: ${empty}`;
  const series = groups.length > 1 ? ` in ${groups.length} groups: ${groups.slice(0, 12).map(({ name }) => name.slice(0, 60)).join(", ")}` : "";
  return `${title}. ${names.length} ${slot === "bin" ? "bins" : "bars"}${series}`;
}

/** The names of categories: shortened to the room of each, and fewer of them where that is too little to read. */
function categoryTicks(pen: Pen, names: readonly string[], width: number, theme: Theme): Ticks {
  pen.font = `${SIZE}px ${theme.face}`;
  const room = width / Math.max(1, names.length);
  const longest = names.reduce((most, name) => Math.max(most, Math.min(name.length, READ)), 1);
  const stride = names.length * LEAST_LABEL <= width ? 1 : Math.max(1, Math.ceil((longest * LETTER + 6) / room));
  const positions = names.flatMap((_, index) => (index % stride === 0 ? [index] : []));
  return { positions, labels: positions.map((index) => fitted(pen, names[index] ?? "", room * stride - 6)), base: "" };
}
