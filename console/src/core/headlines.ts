/** Many Decks of an execution side by side: of each its headline, as the stream sends them, and in which order they stand. */
import type { Headline, Headlines } from "../protocol/live.gen";
import { latestOf, type Item } from "./items";
import { BROWSER, LiveStream, type StreamState, type Surroundings } from "./liveStream";
import type { NodeRow } from "./nodeTree";
import { Observable, type Readable } from "./observable";
import { NODE_PHASES, TASK_PHASES, type PhaseLook } from "./phases";
import type { ServerEvent } from "./sse";

export interface HeadlinesView {
  readonly stream: StreamState;
  /** All that there was has come. */
  readonly ready: boolean;
  /** By the node's id, or the item's name. */
  readonly decks: ReadonlyMap<string, Headline>;
}

export class HeadlinesSession {
  private readonly current: Observable<HeadlinesView>;
  readonly view: Readable<HeadlinesView>;
  private readonly stream: LiveStream;
  private readonly decks = new Map<string, Headline>();
  private ready = false;
  private cancelTimer: (() => void) | null = null;

  constructor(
    url: string,
    private readonly around: Surroundings = BROWSER,
  ) {
    this.current = new Observable<HeadlinesView>({ stream: { status: "connecting", reason: "" }, ready: false, decks: new Map() });
    this.view = this.current;
    this.stream = new LiveStream(url, (event) => this.take(event), around);
    this.stream.state.subscribe(() => this.publish());
  }

  close(): void {
    this.cancelTimer?.();
    this.stream.close();
  }

  private take({ event, data }: ServerEvent): "end" | undefined {
    if (event === "headlines") for (const each of (JSON.parse(data) as Headlines).decks) this.decks.set(each.node, each);
    else if (event === "ready" || event === "end") this.ready = true;
    this.publish();
    return event === "end" ? "end" : undefined;
  }

  /** Once for all that comes at a time: a thousand headlines are several events. */
  private publish(): void {
    this.cancelTimer ??= this.around.setTimer(() => {
      this.cancelTimer = null;
      this.current.set({ stream: this.stream.state.get(), ready: this.ready, decks: new Map(this.decks) });
    }, 0);
  }
}

export type DeckGroup = "attention" | "live" | "waiting" | "done";

export interface DeckEntry {
  readonly id: string;
  readonly name: string;
  readonly look: PhaseLook;
  readonly group: DeckGroup;
  /** What is wrong with it in a word, if anything is. */
  readonly trouble: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly headline: Headline | null;
}

export const GROUPS: Readonly<Record<DeckGroup, string>> = {
  attention: "Failed, died or behind",
  live: "Running",
  waiting: "Waiting",
  done: "Done",
};

const ORDER = Object.keys(GROUPS) as readonly DeckGroup[];

type Known = Omit<DeckEntry, "group" | "trouble" | "headline">;

function entryOf(known: Known, headline: Headline | null): DeckEntry {
  const { tone, terminal } = known.look;
  const died = terminal && tone !== "warn" && (headline?.died ?? false);
  const behind = !terminal && (headline?.behind ?? 0) > 0;
  const trouble = tone === "bad" ? "" : died ? "Deck incomplete" : behind ? "Behind" : "";
  const group = tone === "bad" || trouble ? "attention" : terminal ? "done" : tone === "running" ? "live" : "waiting";
  return { ...known, headline, trouble, group };
}

/** What each item of an array node has, that has begun. */
export function entriesOfItems(array: NodeRow, items: readonly Item[], decks: ReadonlyMap<string, Headline>): DeckEntry[] {
  return items.map((item) => {
    const id = `${array.id}:${item.index}`;
    const latest = latestOf(item);
    const startedAt = latest.startedAt;
    const endedAt = startedAt === null || latest.seconds === null ? null : startedAt + latest.seconds * 1000;
    const known = { id, name: `${array.name} [${item.index}]`, look: TASK_PHASES[latest.phase], startedAt, endedAt };
    return entryOf(known, decks.get(id) ?? null);
  });
}

/** What each node has that runs something itself. */
export function entriesOfRows(rows: readonly NodeRow[], decks: ReadonlyMap<string, Headline>): DeckEntry[] {
  return rows
    .filter((row) => row.node !== null && !row.holdsItems && !row.startsExecution && (!row.holdsNodes || row.hasDeck) && !row.gate)
    .map((row) => {
      const known = { id: row.id, name: row.name, look: NODE_PHASES[row.phase], startedAt: row.startedAt, endedAt: row.endedAt };
      return entryOf(known, decks.get(row.id) ?? null);
    });
}

/** The nodes inside of one, at any depth, in the order of the list. */
export function insideOf(rows: readonly NodeRow[], outer: NodeRow): readonly NodeRow[] {
  const start = rows.findIndex((row) => row.id === outer.id);
  const after = rows.slice(start + 1);
  const end = after.findIndex((row) => row.depth <= outer.depth);
  return end < 0 ? after : after.slice(0, end);
}

/** What is said of a Deck of which nothing is shown; nothing, before all Decks that there were have been read. */
export function nothingShown({ headline, look }: DeckEntry, ready: boolean): string {
  if (headline?.foreign) return "A whole page, such as flytekit writes";
  if (headline?.publishedAt) return "Nothing of its Deck fits in here";
  if (headline === null && !ready) return "";
  return look.terminal ? "Nothing was published" : "Nothing published yet";
}

/** Those that need attention first, then those that run, in each group the slowest first: an order that time does not change. */
export function inOrder(entries: readonly DeckEntry[]): DeckEntry[] {
  const rank = new Map(ORDER.map((group, at) => [group, at]));
  return [...entries].sort(
    (a, b) => (rank.get(a.group) ?? 0) - (rank.get(b.group) ?? 0) || slowness(b) - slowness(a), // else as they were
  );
}

/** After every moment that a task starts at, in milliseconds. */
const LATER = 1e15;

function slowness({ startedAt, endedAt }: DeckEntry): number {
  if (startedAt === null) return 0;
  return endedAt === null ? LATER - startedAt : endedAt - startedAt;
}

/** How many there are of each tone. */
export function countsOf(entries: readonly DeckEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { look } of entries) counts.set(look.tone, (counts.get(look.tone) ?? 0) + 1);
  return counts;
}

/** A line as the path of a small picture, in a box of 100 by 30; null of one that has fewer than two points. */
export function sparkline(x: readonly (number | null)[], y: readonly (number | null)[], box: Box): string | null {
  let path = "";
  let points = 0;
  let drawing = false;
  x.forEach((at, index) => {
    const height = y[index] ?? null;
    if (at === null || height === null) {
      drawing = false;
      return;
    }
    const left = box.width === 0 ? 50 : ((at - box.left) / box.width) * 100;
    const top = box.height === 0 ? 15 : 28 - ((height - box.bottom) / box.height) * 26;
    path += `${drawing ? "L" : "M"}${left.toFixed(1)} ${top.toFixed(1)}`;
    drawing = true;
    points += 1;
  });
  return points > 1 ? path : null;
}

export interface Box {
  readonly left: number;
  readonly width: number;
  readonly bottom: number;
  readonly height: number;
}

/** What all lines of a chart take together. */
export function boxOf(lines: readonly { readonly x: readonly (number | null)[]; readonly y: readonly (number | null)[] }[]): Box {
  const xs = lines.flatMap(({ x }) => x).filter((each) => each !== null);
  const ys = lines.flatMap(({ y }) => y).filter((each) => each !== null);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  return { left, width: right - left, bottom, height: top - bottom };
}
