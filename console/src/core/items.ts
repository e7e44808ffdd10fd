/** Items of array nodes: a task that is run once for each member of lists, of which there may be ten thousand. */
import type { TaskExecution, TaskPhase } from "../protocol/flyte";
import type { ArrayItems } from "../protocol/live.gen";
import type { NodeRow } from "./nodeTree";
import { formatNumber } from "./numerals";
import { NODE_PHASES, TASK_PHASES, type Tone } from "./phases";

export interface ItemAttempt {
  readonly attempt: number;
  readonly phase: TaskPhase;
  /** Milliseconds since the epoch; null: not yet. */
  readonly startedAt: number | null;
  /** How long it ran; null while it is not over. */
  readonly seconds: number | null;
  readonly deck: boolean;
  /** How many processes it has, and whether each of them has a Deck; see `ranks.ts`. */
  readonly ranks: number;
  readonly rankDecks: boolean;
}

export interface Item {
  readonly index: number;
  /** By their number; there is at least one. */
  readonly attempts: readonly ItemAttempt[];
}

/** The items of all array nodes of an execution, as they come in. */
export class ItemsOfNodes {
  private readonly nodes = new Map<string, Map<number, Item>>();
  private readonly lists = new Map<string, readonly Item[]>();

  take({ nodes }: ArrayItems): void {
    for (const [id, told] of Object.entries(nodes)) {
      const items = this.nodes.get(id) ?? new Map<number, Item>();
      this.nodes.set(id, items);
      this.lists.delete(id);
      told.index.forEach((index, at) => {
        const [started = 0, seconds = 0] = [told.started[at], told.seconds[at]];
        const phase = (told.phase[at] ?? "UNDEFINED") as TaskPhase;
        const fresh: ItemAttempt = {
          attempt: told.attempt[at] ?? 0,
          phase,
          startedAt: started === 0 ? null : started * 1000,
          seconds: TASK_PHASES[phase].terminal ? seconds : null,
          deck: told.deck[at] ?? false,
          ranks: told.ranks,
          rankDecks: told.rankDecks,
        };
        const others = (items.get(index)?.attempts ?? []).filter((each) => each.attempt !== fresh.attempt);
        items.set(index, { index, attempts: [...others, fresh].sort((a, b) => a.attempt - b.attempt) });
      });
    }
  }

  /** The items of each node, by their number; of a node of which nothing has changed the same list as before. */
  all(): ReadonlyMap<string, readonly Item[]> {
    for (const [id, items] of this.nodes) {
      if (!this.lists.has(id)) this.lists.set(id, [...items.values()].sort((a, b) => a.index - b.index));
    }
    return new Map(this.lists);
  }
}

/** The attempt that an item stands at. */
export function latestOf(item: Item): ItemAttempt {
  const latest = item.attempts.at(-1);
  if (!latest) throw new Error(`item ${item.index} has no attempt`);
  return latest;
}

/** The row of an item, if that is what an address names (`n0:17`). */
export function itemOf(
  name: string | null,
  rows: readonly NodeRow[],
  items: ReadonlyMap<string, readonly Item[]>,
): NodeRow | undefined {
  const mark = name?.lastIndexOf(":") ?? -1;
  if (name === null || mark < 0) return undefined;
  const array = rows.find((row) => row.id === name.slice(0, mark));
  const item = items.get(name.slice(0, mark))?.find(({ index }) => index === Number(name.slice(mark + 1)));
  return array && item && itemRow(array, item);
}

function itemRow(array: NodeRow, item: Item): NodeRow {
  const latest = latestOf(item);
  const startedAt = item.attempts[0]?.startedAt ?? null;
  const phase = latest.phase === "RETRYABLE_FAILED" ? "RUNNING" : latest.phase;
  const waits = phase === "WAITING_FOR_RESOURCES" || phase === "INITIALIZING" || phase === "UNDEFINED";
  const row = {
    ...array,
    id: `${array.id}:${item.index}`,
    name: `${array.name} [${item.index}]`,
    phase: waits ? "QUEUED" : phase,
    queued: null,
    attempts: item.attempts.map((attempt) => asTask(array, item.index, attempt)),
    hasDeck: latest.deck,
    cached: false,
    holdsItems: false,
    tally: null,
    startsExecution: false,
    child: null,
    item: item.index,
    startedAt,
  } as const;
  const over = NODE_PHASES[row.phase].terminal;
  return { ...row, endedAt: over && latest.startedAt !== null ? latest.startedAt + (latest.seconds ?? 0) * 1000 : null };
}

function asTask(array: NodeRow, index: number, item: ItemAttempt): TaskExecution {
  const { attempt, phase, startedAt, seconds, ranks, rankDecks } = item;
  const taskId = array.attempts[0]?.id.taskId ?? { resourceType: "TASK", project: "", domain: "", name: array.name, version: "" };
  const executionId = array.node?.id.executionId ?? { project: "", domain: "", name: "" };
  return {
    id: { taskId, nodeExecutionId: { nodeId: `${array.id}:${index}`, executionId }, retryAttempt: attempt },
    closure: {
      phase,
      ...(startedAt === null ? {} : { startedAt: new Date(startedAt).toISOString() }),
      ...(seconds === null ? {} : { duration: `${seconds}s` }),
      ...(ranks > 1 ? { customInfo: { ranks, rank_decks: rankDecks } } : {}),
    },
  };
}

/** What is said of items by the tone of their phase: what there is to see to first. */
export const ITEM_TONES: readonly (readonly [tone: Tone, word: string])[] = [
  ["bad", "failed"],
  ["running", "running"],
  ["waiting", "queued"],
  ["warn", "aborted"],
  ["good", "succeeded"],
];

export type ItemCounts = ReadonlyMap<Tone, number>;

/** How many items stand how. */
export function countsOfItems(items: readonly Item[]): ItemCounts {
  return countsOfTones(items.map((item) => TASK_PHASES[latestOf(item).phase].tone));
}

export function countsOfTones(tones: readonly Tone[]): ItemCounts {
  const counts = new Map<Tone, number>();
  for (const tone of tones) counts.set(tone, (counts.get(tone) ?? 0) + 1);
  return counts;
}

/** "3 failed, 17 running, 480 succeeded". */
export function itemCountsWords(counts: ItemCounts): string {
  const told = ITEM_TONES.filter(([tone]) => counts.has(tone));
  return told.map(([tone, word]) => `${formatNumber(counts.get(tone) ?? 0)} ${word}`).join(", ");
}

/** How far a map is. */
export interface Tally {
  /** How many items there are; null while nobody has said. */
  readonly size: number | null;
  readonly counts: ItemCounts;
}

/** "500 items: 3 failed, 17 running, 480 succeeded"; while it is not known how many there are, "20 begun: ...". */
export function tallyWords({ size, counts }: Tally): string {
  const begun = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const all = size === null ? `${formatNumber(begun)} begun` : `${formatNumber(size)} ${size === 1 ? "item" : "items"}`;
  const words = itemCountsWords(counts);
  return words === "" ? all : `${all}: ${words}`;
}

/** After every moment that an item starts at, in milliseconds. */
const LATER = 1e15;

export type ItemOrder = "number" | "failed" | "slowest";

/**
 * The items of one tone (as phases are shown), in an order: by number, those that failed first, or the slowest first,
 * before which stand those that still run, the oldest first.
 */
export function chosenItems(items: readonly Item[], tone: string | null, order: ItemOrder): readonly Item[] {
  const shown = tone === null ? items : items.filter((item) => TASK_PHASES[latestOf(item).phase].tone === tone);
  if (order === "number") return shown;
  const rank = (item: Item): number => {
    const { phase, startedAt, seconds } = latestOf(item);
    if (order === "failed") return TASK_PHASES[phase].tone === "bad" ? 1 : 0;
    return seconds ?? (startedAt === null ? 0 : LATER - startedAt);
  };
  return [...shown].sort((a, b) => rank(b) - rank(a) || a.index - b.index);
}
