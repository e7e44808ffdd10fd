/** How a line of a log is drawn, and how it is copied. */
import { formatClock, formatExactTime } from "../../core/durations";
import { child, setText } from "../dom";
import { readable, runs } from "./ansi";
import type { LogLine } from "./rows";

/** Names of Python's own levels. */
const LEVELS: Readonly<Record<number, string>> = { 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL" };

export type Names = Readonly<Record<string, string>>;

export function levelName(level: number, names: Names): string {
  return level === 0 ? "" : (names[String(level)] ?? LEVELS[level] ?? `Level ${level}`);
}

/** The level of Python's that one is at least. */
export function severityOf(level: number): string {
  return level === 0 ? "" : (LEVELS[Math.max(10, Math.min(50, Math.floor(level / 10) * 10))] ?? "").toLowerCase();
}

export interface LineLook {
  readonly names: Names;
  readonly searched: RegExp | null;
  readonly chosen: boolean;
  readonly current: boolean;
  /** Where the search is. */
  readonly sought: boolean;
}

/** A line in the page. Touches nothing where it is as it was. */
export class LineNode {
  readonly node = document.createElement("div");
  private readonly time = child(this.node, "span", "ld-log-time");
  private readonly level = child(this.node, "span", "ld-log-level");
  private readonly text = child(this.node, "bdi", "ld-log-text");
  private shown: LogLine | null = null;
  private searched: RegExp | null = null;
  number = 0;

  constructor(id: string) {
    this.node.className = "ld-log-line";
    this.node.id = id;
    this.node.setAttribute("role", "option");
  }

  update(line: LogLine, look: LineLook, position: number, count: number): void {
    const { shown } = this;
    this.number = line.number;
    if (shown?.time !== line.time) {
      setText(this.time, formatClock(line.time));
      this.time.title = Number.isFinite(line.time) ? formatExactTime(new Date(line.time).toISOString()) : "";
    }
    setText(this.level, levelName(line.level, look.names));
    if (shown?.level !== line.level) this.node.dataset["level"] = severityOf(line.level);
    if (shown?.text !== line.text || this.searched !== look.searched) this.write(line.text, look.searched);
    attribute(this.node, "aria-posinset", String(position + 1));
    attribute(this.node, "aria-setsize", String(count));
    attribute(this.node, "aria-selected", String(look.chosen));
    this.node.classList.toggle("ld-log-current", look.current);
    this.node.classList.toggle("ld-log-sought", look.sought);
    this.shown = line;
    this.searched = look.searched;
  }

  private write(line: string, searched: RegExp | null): void {
    const marks = searched ? marksOf(readable(line), searched) : [];
    let at = 0;
    const nodes = runs(line).flatMap(({ words, look }) => {
      const pieces = marked(words, at, marks);
      at += words.length;
      if (!look) return pieces;
      const run = document.createElement("span");
      [run.className, run.style.cssText] = look;
      run.append(...pieces);
      return [run];
    });
    this.text.replaceChildren(...nodes);
  }
}

type Mark = readonly [from: number, to: number];

/** Marks in one line at most; more nobody can tell apart. */
const MOST_MARKS = 200;

function marksOf(line: string, searched: RegExp): Mark[] {
  const all = new RegExp(searched.source, `${searched.flags}g`);
  const found: Mark[] = [];
  for (const { index, 0: words } of line.matchAll(all)) {
    if (found.length === MOST_MARKS) break;
    found.push([index, index + words.length]);
  }
  return found;
}

/** Words that begin at a place of their line, those in marks as such. */
function marked(words: string, begin: number, marks: readonly Mark[]): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const [from, to] of marks) {
    const [start, end] = [Math.max(at, from - begin), Math.min(words.length, to - begin)];
    if (end <= start) continue;
    if (start > at) nodes.push(document.createTextNode(words.slice(at, start)));
    const mark = document.createElement("mark");
    mark.textContent = words.slice(start, end);
    nodes.push(mark);
    at = end;
  }
  if (at < words.length) nodes.push(document.createTextNode(words.slice(at)));
  return nodes;
}

function attribute(node: HTMLElement, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A line as it is copied. */
export function copied(line: LogLine, names: Names): string {
  const words = [formatClock(line.time), levelName(line.level, names), readable(line.text)];
  return words.filter((each) => each !== "").join(" ");
}
