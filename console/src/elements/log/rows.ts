/**
 * The lines of a log that are shown, as rows: by block, so that what is appended costs no more than the last block, and
 * a million lines are never taken apart one by one.
 */
import type { Block, Log } from "../../protocol/deck.gen";
import type { RowHeights } from "../virtualRows";
import { plain } from "./ansi";

/** Pixels of a line; `view.css` has the same. */
export const LINE = 20;
const TAB = 8;

export interface LogLine {
  readonly text: string;
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Its number in the log, from 0 on, those that were left out among them. */
  readonly number: number;
}

export interface Arrangement {
  /** Lines of a lower level are not shown. */
  readonly level: number;
  /** Characters that have room beside each other; 0: lines are not wrapped. */
  readonly columns: number;
}

/** What is shown of one block. */
interface Part {
  readonly block: Block;
  /** Which of its lines are shown; null: all. */
  readonly places: readonly number[] | null;
  readonly count: number;
  /** Pixels above each of its rows; null: all rows are of one height. */
  readonly tops: readonly number[] | null;
  readonly height: number;
  /** Rows that a search has found, by their place in the part; null: not looked at yet. */
  found: readonly number[] | null;
}

export class LogRows implements RowHeights {
  private parts: Part[] = [];
  /** Rows, pixels and lines before each part, and behind the last. */
  private rowsBefore: number[] = [0];
  private tops: number[] = [0];
  private linesBefore: number[] = [0];
  private arrangement: Arrangement = { level: 0, columns: 0 };
  private pattern: RegExp | null = null;
  private first = 0;

  get count(): number {
    return this.rowsBefore.at(-1) ?? 0;
  }

  get total(): number {
    return this.tops.at(-1) ?? 0;
  }

  /** Lines, shown or not. */
  get lines(): number {
    return this.linesBefore.at(-1) ?? 0;
  }

  update({ blocks = [], first = 0 }: Log, arrangement: Arrangement): void {
    const { level, columns } = this.arrangement;
    if (arrangement.level !== level || arrangement.columns !== columns) this.parts = [];
    this.arrangement = arrangement;
    this.first = first;
    let same = 0;
    while (same < blocks.length && this.parts[same]?.block === blocks[same]) same += 1;
    this.parts.length = this.rowsBefore.length = this.tops.length = this.linesBefore.length = same;
    if (same === 0) this.rowsBefore = [];
    let [rows, top, lines] = [0, 0, 0];
    const before = this.parts[same - 1];
    if (before) {
      rows = (this.rowsBefore[same - 1] ?? 0) + before.count;
      top = (this.tops[same - 1] ?? 0) + before.height;
      lines = (this.linesBefore[same - 1] ?? 0) + before.block.levels.length;
    }
    for (const block of blocks.slice(same)) {
      const part = partOf(block, arrangement);
      this.parts.push(part);
      this.rowsBefore.push(rows);
      this.tops.push(top);
      this.linesBefore.push(lines);
      rows += part.count;
      top += part.height;
      lines += block.levels.length;
    }
    this.rowsBefore.push(rows);
    this.tops.push(top);
    this.linesBefore.push(lines);
  }

  top(row: number): number {
    if (row >= this.count) return this.total;
    const [index, part] = this.partAt(this.rowsBefore, row);
    const place = row - (this.rowsBefore[index] ?? 0);
    return (this.tops[index] ?? 0) + (part?.tops?.[place] ?? place * LINE);
  }

  at(pixel: number): number {
    if (pixel >= this.total) return Math.max(0, this.count - 1);
    const [index, part] = this.partAt(this.tops, pixel);
    const inside = pixel - (this.tops[index] ?? 0);
    const place = part?.tops ? last(part.tops, inside) : Math.floor(inside / LINE);
    return (this.rowsBefore[index] ?? 0) + Math.max(0, place);
  }

  line(row: number): LogLine {
    const [index, part] = this.partAt(this.rowsBefore, row);
    const inside = row - (this.rowsBefore[index] ?? 0);
    const place = part?.places?.[inside] ?? inside;
    const { texts, times } = part ? opened(part.block) : { texts: [], times: [] };
    const number = this.first + (this.linesBefore[index] ?? 0) + place;
    return { text: texts[place] ?? "", level: part?.block.levels[place] ?? 0, time: times[place] ?? NaN, number };
  }

  /** The row of a line by its number; of one that is not shown, the next that is. */
  rowOf(number: number): number {
    const line = Math.max(0, number - this.first);
    const [index, part] = this.partAt(this.linesBefore, line);
    const place = line - (this.linesBefore[index] ?? 0);
    const inside = part?.places ? part.places.findIndex((each) => each >= place) : place;
    const row = inside < 0 ? (this.rowsBefore[index + 1] ?? 0) : (this.rowsBefore[index] ?? 0) + inside;
    return Math.max(0, Math.min(row, this.count - 1));
  }

  /** Look for something else; what was found is forgotten. */
  seek(pattern: RegExp | null): void {
    this.pattern = pattern;
    for (const part of this.parts) part.found = null;
  }

  /** Look at parts that were not looked at yet, until a time (of `performance.now()`); returns whether all were. */
  look(until: number): boolean {
    const { pattern } = this;
    if (!pattern) return true;
    for (const part of this.parts) {
      if (part.found) continue;
      part.found = foundIn(part, pattern);
      if (performance.now() > until) return this.parts.every(({ found }) => found !== null);
    }
    return true;
  }

  /** How many rows were found, and how many of them come before a row. */
  found(row: number): readonly [all: number, before: number] {
    let [all, before] = [0, 0];
    for (const [index, { found, count }] of this.parts.entries()) {
      const start = this.rowsBefore[index] ?? 0;
      all += found?.length ?? 0;
      if (found && start + count <= row) before += found.length;
      else if (found && start < row) before += found.filter((place) => start + place < row).length;
    }
    return [all, before];
  }

  /** The next row behind a row that was found, or before it, beginning again at the other end; null: there is none. */
  nextFound(row: number, back: boolean): number | null {
    const [here] = this.partAt(this.rowsBefore, Math.max(0, row));
    const { length } = this.parts;
    for (let step = 0; step <= length; step++) {
      const index = (here + (back ? length - (step % length) : step)) % length;
      const start = this.rowsBefore[index] ?? 0;
      const rows = (this.parts[index]?.found ?? []).map((place) => start + place);
      const again = step === length;
      const fits = (each: number) => (step > 0 && !again ? true : again ? (back ? each >= row : each <= row) : back ? each < row : each > row);
      const next = back ? rows.findLast(fits) : rows.find(fits);
      if (next !== undefined) return next;
    }
    return null;
  }

  private partAt(before: readonly number[], value: number): readonly [number, Part | undefined] {
    const index = Math.max(0, Math.min(last(before, value), this.parts.length - 1));
    return [index, this.parts[index]];
  }
}

/** The last place whose number is no larger, and that something is at; numbers go up. */
function last(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

interface Opened {
  readonly texts: readonly string[];
  readonly times: readonly number[];
}

const OPENED = new WeakMap<Block, Opened>();

/** The lines of a block one by one, kept for as long as the block is. */
function opened(block: Block): Opened {
  let held = OPENED.get(block);
  if (!held) {
    let time = 0;
    held = { texts: textsOf(block), times: block.times.map((step) => (time += step)) };
    OPENED.set(block, held);
  }
  return held;
}

function textsOf({ text }: Block): string[] {
  const texts = text.split("\n");
  if (texts.at(-1) === "") texts.pop();
  return texts;
}

function partOf(block: Block, { level, columns }: Arrangement): Part {
  const places = level === 0 ? null : block.levels.flatMap((each, place) => (each >= level ? [place] : []));
  const count = places?.length ?? block.levels.length;
  if (columns === 0) return { block, places, count, tops: null, height: count * LINE, found: null };
  const texts = textsOf(block);
  const tops: number[] = [];
  let height = 0;
  for (let row = 0; row < count; row++) {
    tops.push(height);
    height += LINE * Math.max(1, Math.ceil(cellsOf(texts[places?.[row] ?? row] ?? "") / columns));
  }
  return { block, places, count, tops, height, found: null };
}

const SIMPLE = /^[\x20-\x7e]*$/;
/** What takes two cells in a face of one width: East Asian characters and pictures. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}/u;

/** Cells that a line takes, beside each other. */
export function cellsOf(line: string): number {
  if (SIMPLE.test(line)) return line.length;
  let cells = 0;
  for (const character of plain(line)) {
    if (character === "\t") cells += TAB - (cells % TAB);
    else if (!MARK.test(character)) cells += WIDE.test(character) ? 2 : 1;
  }
  return cells;
}

function foundIn({ block, places, count }: Part, pattern: RegExp): readonly number[] {
  if (!pattern.test(plain(block.text))) return [];
  const texts = textsOf(block);
  const found: number[] = [];
  for (let row = 0; row < count; row++) if (pattern.test(plain(texts[places?.[row] ?? row] ?? ""))) found.push(row);
  return found;
}
