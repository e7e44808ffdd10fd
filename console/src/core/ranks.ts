/** The processes of a task that runs as several: each has a log, and a Deck if the task asks for that. */
import type { TaskExecution } from "../protocol/flyte";

/** Which of them is shown; "all": their Decks put together. */
export type Rank = number | "all";

export interface Ranks {
  readonly count: number;
  /** Whether each has a Deck, not rank 0 alone. */
  readonly decks: boolean;
}

/** The processes of an attempt, as `livedeck/admin/records/gangs.py` has them; null: it is one. */
export function ranksOf(attempts: readonly TaskExecution[], attempt: number | null): Ranks | null {
  const found = attempts.find(({ id }) => (id.retryAttempt ?? 0) === attempt) ?? attempts.at(-1);
  const facts = found?.closure?.customInfo;
  const count = facts?.["ranks"];
  return typeof count === "number" && count > 1 ? { count, decks: facts?.["rank_decks"] === true } : null;
}

/** The rank of an address that there is, else rank 0: an address may be an older attempt's, or typed. */
export function rankShown(ranks: Ranks | null, rank: Rank | null, of: "deck" | "log"): Rank {
  if (!ranks || rank === null) return 0;
  if (rank === "all") return of === "deck" && ranks.decks ? "all" : 0;
  return rank < ranks.count ? rank : 0;
}

/** What a process goes by where its node goes by its id. */
export function rankName(node: string, rank: Rank): string {
  return rank === 0 ? node : `${node}@${rank}`;
}

export function parseRank(text: string | null): Rank | null {
  if (text === "all") return "all";
  return text !== null && /^[0-9]{1,6}$/.test(text) ? Number(text) : null;
}
