/**
 * A log of which only the lines in sight are in the page. Its end stays in sight until the viewer scrolls up; search, level,
 * wrapping and the lines that the viewer has chosen stay while lines come in.
 */
import { formatZonedDay } from "../../core/durations";
import { formatNumber } from "../../core/numerals";
import type { Log } from "../../protocol/deck.gen";
import { copy } from "../clipboard";
import { child, elementNode, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Pace } from "../pace";
import { VirtualRows, type RowsInSight } from "../virtualRows";
import { readable } from "./ansi";
import { LogBar } from "./bar";
import { copied, levelName, LineNode } from "./lines";
import { LINE, LogRows } from "./rows";

/** Pixels from the end that still count as the end. */
const NEAR = 4;
/** Milliseconds of a frame that looking for words may take. */
const SEARCH_MS = 6;
/** Milliseconds between two announcements of new lines. */
const NEWS_MS = 3000;
/** Characters that are announced, and that are copied. */
const NEWS_LENGTH = 200;
const MOST_COPIED = 20_000_000;
/** Pixels that are kept free at the end of a wrapped line. */
const MARGIN = 14;
const NOTHING: Log = { kind: "log", id: "" };

let views = 0;

export class LogView implements ElementView<Log> {
  readonly kind = "log";
  readonly node = elementNode("log");
  private readonly bar = new LogBar(this.node, {
    sought: (pattern) => this.seek(pattern),
    next: (back) => this.next(back),
    arranged: () => this.arrange(),
    copy: () => this.copy(),
  });
  private readonly frame = child(this.node, "div", "ld-log-frame");
  private readonly day = child(this.frame, "div", "ld-log-day");
  private readonly scroller = child(this.frame, "div", "ld-log-lines");
  private readonly above = child(this.scroller, "div", "ld-log-space");
  private readonly list = child(this.scroller, "div", "ld-log-drawn");
  private readonly below = child(this.scroller, "div", "ld-log-space");
  private readonly back = child(this.frame, "button", "ld-log-follow ld-small-button") as HTMLButtonElement;
  private readonly empty = child(this.node, "p", "ld-log-empty");
  private readonly count = child(this.node, "p", "ld-log-count");
  private readonly news = child(this.node, "p", "ld-log-news");
  private readonly rows = new LogRows();
  private readonly virtual = new VirtualRows(this.scroller, this.above, this.below);
  private readonly pace = new Pace(() => this.draw());
  private readonly resizes = new ResizeObserver(() => this.pace.nextFrame());
  private readonly prefix = `livedeck-log-${++views}`;
  private drawn = new Map<number, LineNode>();
  private log = NOTHING;
  private following = true;
  /** Where the viewer had scrolled to. */
  private scrolled = 0;
  /** Lines that there were when the viewer scrolled up. */
  private seenLines = 0;
  /** Numbers of lines: where the viewer is, and from where to where lines are chosen. */
  private current: number | null = null;
  private anchor: number | null = null;
  private chosen = false;
  private sought: number | null = null;
  private searching = 0;
  private widest = 0;
  private announced = -1;
  private announcing: ReturnType<typeof setTimeout> | null = null;
  private sizes: { readonly character: number; readonly gutter: number } | null = null;

  constructor() {
    this.frame.setAttribute("role", "log");
    this.frame.setAttribute("aria-live", "off"); // lines come and go as the viewer scrolls: new ones are told in `news`
    this.scroller.setAttribute("role", "listbox");
    this.scroller.setAttribute("aria-multiselectable", "true");
    this.scroller.tabIndex = 0;
    for (const node of [this.above, this.list, this.below]) node.setAttribute("role", "presentation");
    this.news.setAttribute("role", "status");
    this.back.type = "button";
    setText(this.empty, "No lines yet");
    this.back.addEventListener("click", () => this.follow());
    this.scroller.addEventListener("scroll", () => this.wasScrolled(), { passive: true });
    this.scroller.addEventListener("wheel", (event) => event.deltaY < 0 && this.letGo(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault()); // no text is chosen
    this.list.addEventListener("click", (event) => this.click(event));
    this.node.addEventListener("copy", (event) => this.copying(event));
    this.resizes.observe(this.scroller);
  }

  update(next: Log): void {
    const gone = Math.max(0, (next.first ?? 0) - (this.log.first ?? 0));
    if (this.announced < 0) this.announced = next.first ?? 0;
    const before = this.rows.count > 0 && gone > 0 && !this.following ? this.rows.top(this.rows.rowOf(next.first ?? 0)) : 0;
    this.log = next;
    const title = next.title ?? "";
    this.bar.update(title, levelsOf(next), next.names ?? {});
    this.frame.setAttribute("aria-label", title || "Log");
    this.scroller.setAttribute("aria-label", `Lines of ${title || "the log"}`);
    if (before > 0) {
      this.rows.update(next, this.arrangement());
      this.virtual.bring(this.rows, this.virtual.pixel - before);
    }
    if (this.bar.pattern) this.search();
    this.announceSoon();
    this.pace.atOnce();
  }

  destroy(): void {
    this.resizes.disconnect();
    this.pace.stop();
    cancelAnimationFrame(this.searching);
    if (this.announcing !== null) clearTimeout(this.announcing);
  }

  private arrangement(): { level: number; columns: number } {
    if (!this.bar.wraps) return { level: this.bar.level, columns: 0 };
    const { character, gutter } = (this.sizes ??= this.measure());
    const room = (this.scroller.clientWidth || 640) - gutter - MARGIN;
    return { level: this.bar.level, columns: Math.max(8, Math.floor(room / character)) };
  }

  /** How wide a character is, and what stands before the text of a line. */
  private measure(): { character: number; gutter: number } {
    const line = new LineNode("");
    line.update({ text: "0".repeat(100), level: 0, time: 0, number: 0 }, PLAIN_LOOK, 0, 1);
    line.node.style.cssText = "position: absolute; visibility: hidden; white-space: pre";
    this.list.append(line.node);
    const text = line.node.lastElementChild?.getBoundingClientRect();
    const [left, width] = [text?.left ?? 0, text?.width ?? 0];
    const gutter = left - line.node.getBoundingClientRect().left;
    line.node.remove();
    return { character: width / 100 || 7.8, gutter };
  }

  /** What is shown is another selection of lines, or they are of other heights. */
  private arrange(): void {
    this.sizes = null;
    const row = this.rows.count > 0 ? this.rows.line(this.rows.at(this.virtual.pixel)).number : 0;
    this.rows.update(this.log, this.arrangement());
    this.node.toggleAttribute("data-wrap", this.bar.wraps);
    if (!this.following) this.virtual.bring(this.rows, this.rows.top(this.rows.rowOf(row)));
    if (this.bar.pattern) this.search();
    this.pace.nextFrame();
  }

  private draw(): void {
    const { log, rows } = this;
    rows.update(log, this.arrangement());
    const { lines } = rows;
    this.frame.hidden = lines === 0;
    this.empty.hidden = lines > 0;
    setText(this.count, counted(rows.count, lines, Math.max(0, log.first ?? 0)));
    const sight = this.following ? this.virtual.placeEnd(rows) : this.virtual.place(rows);
    this.drawLines(sight);
    if (this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
    setText(this.day, rows.count > 0 ? formatZonedDay(rows.line(rows.at(this.virtual.pixel)).time) : "No line has this level");
    this.back.hidden = this.following;
    if (!this.following) setText(this.back, backWords(Math.max(0, this.total - this.seenLines)));
    this.bar.tellFound(rows.found(this.sought === null ? 0 : rows.rowOf(this.sought)), this.sought !== null, rows.look(0));
  }

  /** All lines that there ever were. */
  private get total(): number {
    return (this.log.first ?? 0) + this.rows.lines;
  }

  private drawLines({ first, end }: RowsInSight): void {
    const held = this.drawn;
    this.drawn = new Map();
    for (const [row, line] of held) if (row < first || row >= end) line.node.remove();
    let after: ChildNode | null = this.list.firstChild;
    for (let row = first; row < end; row++) {
      const line = held.get(row) ?? new LineNode(`${this.prefix}-${row}`);
      if (line.node === after) after = after.nextSibling;
      else this.list.insertBefore(line.node, after);
      this.drawn.set(row, line);
      this.show(line, row);
    }
    const current = this.current === null ? null : (this.drawn.get(this.rows.rowOf(this.current)) ?? null);
    if (current && this.current !== null) this.scroller.setAttribute("aria-activedescendant", current.node.id);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  private show(node: LineNode, row: number): void {
    const line = this.rows.line(row);
    const look = {
      names: this.log.names ?? {},
      searched: this.bar.pattern,
      chosen: this.isChosen(line.number),
      current: line.number === this.current,
      sought: line.number === this.sought,
    };
    node.update(line, look, row, this.rows.count);
    if (this.bar.wraps) node.node.style.minHeight = `${this.rows.top(row + 1) - this.rows.top(row)}px`;
    else if (node.node.style.minHeight !== "") node.node.style.minHeight = "";
    if (line.text.length > this.widest) {
      this.widest = line.text.length; // the width of what is scrolled sideways changes seldom, and never shrinks
      this.list.style.setProperty("--ld-log-widest", `${this.widest}ch`);
    }
  }

  // Following

  private wasScrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    if (scrollTop + clientHeight >= scrollHeight - NEAR) this.following = true;
    else if (scrollTop < this.scrolled - 1) this.letGo();
    this.scrolled = scrollTop;
    this.pace.nextFrame();
  }

  private letGo(): void {
    const { clientHeight, scrollHeight } = this.scroller;
    if (!this.following || scrollHeight <= clientHeight) return;
    this.following = false;
    this.seenLines = this.total;
    this.pace.nextFrame();
  }

  private follow(): void {
    this.following = true;
    this.scroller.focus({ preventScroll: true }); // the button goes
    this.pace.nextFrame();
  }

  // Searching

  private seek(pattern: RegExp | null): void {
    this.rows.seek(pattern);
    this.sought = null;
    if (pattern) this.search();
    this.pace.nextFrame();
  }

  /** Look through what was not looked at yet, in pieces that no frame waits for. */
  private search(): void {
    cancelAnimationFrame(this.searching);
    const step = () => {
      this.rows.update(this.log, this.arrangement());
      const done = this.rows.look(performance.now() + SEARCH_MS);
      this.pace.nextFrame();
      if (!done) this.searching = requestAnimationFrame(step);
    };
    this.searching = requestAnimationFrame(step);
  }

  private next(back: boolean): void {
    const { rows } = this;
    while (!rows.look(performance.now() + SEARCH_MS * 10)) if (rows.found(0)[0] > 0) break;
    const from = this.sought === null ? (back ? rows.count : -1) : rows.rowOf(this.sought);
    const row = rows.nextFound(from, back);
    if (row === null) return;
    this.letGo();
    this.sought = this.current = rows.line(row).number;
    this.virtual.show(rows, row);
    this.pace.nextFrame();
  }

  // Choosing and copying

  private isChosen(number: number): boolean {
    if (!this.chosen || this.current === null || this.anchor === null) return false;
    return number >= Math.min(this.current, this.anchor) && number <= Math.max(this.current, this.anchor);
  }

  private click(event: MouseEvent): void {
    if (!(event.target instanceof Element) || window.getSelection()?.isCollapsed === false) return;
    const clicked = event.target.closest(".ld-log-line");
    const line = [...this.drawn.values()].find(({ node }) => node === clicked);
    if (line) this.choose(line.number, event.shiftKey);
  }

  private choose(number: number, further: boolean): void {
    const again = !further && this.chosen && number === this.current && number === this.anchor;
    if (!further || this.anchor === null) this.anchor = number;
    this.current = number;
    this.chosen = !again;
    this.bar.tellChosen(this.chosen);
    this.pace.nextFrame();
  }

  private key(event: KeyboardEvent): void {
    const { rows } = this;
    const here = this.current === null ? rows.at(this.virtual.pixel + (this.following ? this.virtual.seen : 0)) : rows.rowOf(this.current);
    const page = Math.max(1, Math.floor(this.virtual.seen / LINE) - 1);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: rows.count - 1 }[event.key];
    if (to !== undefined && !event.altKey && !event.metaKey && rows.count > 0) this.goTo(Math.max(0, Math.min(to, rows.count - 1)), event.shiftKey, here);
    else if (event.key === "Escape" && this.chosen) this.chooseNothing();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.chooseAll();
    else return;
    event.preventDefault();
  }

  private goTo(row: number, further: boolean, from: number): void {
    const { rows } = this;
    if (row === rows.count - 1) this.following = true;
    else this.letGo();
    if (further) {
      if (!this.chosen) this.anchor = rows.line(from).number;
      this.current = rows.line(row).number;
      this.chosen = true;
    } else {
      this.current = this.anchor = rows.line(row).number;
      this.chosen = false;
    }
    this.bar.tellChosen(this.chosen);
    this.virtual.show(rows, row);
    this.pace.nextFrame();
  }

  private chooseNothing(): void {
    this.chosen = false;
    this.bar.tellChosen(false);
    this.pace.nextFrame();
  }

  private chooseAll(): void {
    const { rows } = this;
    if (rows.count === 0) return;
    this.anchor = rows.line(0).number;
    this.current = rows.line(rows.count - 1).number;
    this.chosen = true;
    this.bar.tellChosen(true);
    this.pace.nextFrame();
  }

  /** Ctrl+C: the lines that are chosen, unless some text is. */
  private copying(event: ClipboardEvent): void {
    if (!this.chosen || window.getSelection()?.isCollapsed === false || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    event.clipboardData?.setData("text/plain", this.words()[0]);
    event.preventDefault();
  }

  private copy(): void {
    const [words, lines] = this.words();
    const done = copy(this.node, words);
    this.bar.tellCopied(done ? `Copied ${formatNumber(lines)} line${lines === 1 ? "" : "s"}` : "Not allowed here");
  }

  /** The lines that are chosen, or all that are shown; the last ones if they are too many. */
  private words(): readonly [words: string, lines: number] {
    const { rows } = this;
    const found: string[] = [];
    let length = 0;
    const [least, most] = this.chosen && this.current !== null && this.anchor !== null ? [Math.min(this.current, this.anchor), Math.max(this.current, this.anchor)] : [0, Infinity];
    for (let row = this.chosen ? rows.rowOf(most) : rows.count - 1; row >= 0 && length < MOST_COPIED; row--) {
      const line = rows.line(row);
      if (line.number < least) break;
      if (line.number > most) continue;
      const words = copied(line, this.log.names ?? {});
      found.push(words);
      length += words.length + 1;
    }
    return [found.reverse().join("\n"), found.length];
  }

  // Announcing

  /** Tell those who listen to the page what has come, now and then, as long as the end is in sight. */
  private announceSoon(): void {
    this.announcing ??= setTimeout(() => {
      this.announcing = null;
      this.announce();
    }, NEWS_MS);
  }

  private announce(): void {
    const { rows, announced } = this;
    const fresh = this.total - announced;
    this.announced = this.total;
    if (!this.following || rows.count === 0 || fresh <= 0 || announced <= (this.log.first ?? 0)) return;
    const line = rows.line(rows.count - 1);
    const words = `${levelName(line.level, this.log.names ?? {})} ${readable(line.text)}`.trim().slice(0, NEWS_LENGTH);
    setText(this.news, fresh === 1 ? words : `${formatNumber(fresh)} new lines, the last: ${words}`);
  }
}

const PLAIN_LOOK = { names: {}, searched: null, chosen: false, current: false, sought: false };

const LEVELS_OF = new WeakMap<object, ReadonlySet<number>>();

/** The levels that lines of a log have. */
function levelsOf({ blocks = [] }: Log): ReadonlySet<number> {
  const found = new Set<number>();
  for (const block of blocks) {
    let levels = LEVELS_OF.get(block);
    if (!levels) LEVELS_OF.set(block, (levels = new Set(block.levels)));
    for (const level of levels) found.add(level);
  }
  return found;
}

function backWords(fresh: number): string {
  return fresh === 0 ? "Follow ↓" : `${formatNumber(fresh)} new line${fresh === 1 ? "" : "s"} ↓`;
}

function counted(shown: number, lines: number, left: number): string {
  const words = `${formatNumber(lines)} line${lines === 1 ? "" : "s"}`;
  const older = left === 0 ? "" : `, ${formatNumber(left)} older one${left === 1 ? " is" : "s are"} left out`;
  return shown < lines ? `${formatNumber(shown)} of ${words}${older}` : `${words}${older}`;
}

export const viewing: Viewing<Log> = { View: LogView };
