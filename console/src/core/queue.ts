/** What holds back nodes that could run, as the server tells it while it changes, and the words for it. */
import type { ExecutionQueue } from "../protocol/live.gen";
import { formatNumber } from "./numerals";

export interface Queued {
  /** What it waits for; empty: not known. */
  readonly reason: string;
  /** How many attempts go before its own; null: not known. */
  readonly ahead: number | null;
}

export type Queue = ReadonlyMap<string, Queued>;

export const NOTHING_QUEUED: Queue = new Map();

export function readQueue({ reasons, nodes }: ExecutionQueue): Queue {
  return new Map(
    Object.entries(nodes).map(([id, { ahead, reason }]) => [id, { ahead, reason: reasons[reason] ?? "" }]),
  );
}

/** The place in the queue in as few words as a column takes. */
export function placeWords(ahead: number | null): string {
  if (ahead === null) return "Queued";
  return ahead === 0 ? "Queued, next" : `Queued, ${formatNumber(ahead)} ahead`;
}

/** A sentence: what it waits for, and its place. */
export function queuedWords({ reason, ahead }: Queued): string {
  const place = ahead === null ? "" : ahead === 0 ? "it is next" : `${formatNumber(ahead)} ${ahead === 1 ? "attempt is" : "attempts are"} ahead of it`;
  const why = reason || (place ? "" : "waits to be started");
  const words = [why, place].filter(Boolean).join("; ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
