/** How publishing has gone so far, in rows of words and numbers. */
import type { Health } from "../protocol/deck.gen";
import type { DeckState } from "../protocol/live.gen";
import { formatDuration, formatNumber, formatSize } from "./numerals";

export interface HealthRow {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

export interface HealthWords {
  readonly rows: readonly HealthRow[];
  /** Why something had to be tried again, or that nothing had. */
  readonly why: string;
}

/** Below so many seconds an update is on its way, not late. */
const LATE = 1;

export function healthRows(health: Health, { phase, behind = 0, reason = "" }: DeckState): HealthWords {
  const { flushes = 0, merged = 0, retried = 0, refused = 0, stored = 0, behind: last = 0 } = health;
  const failing = phase === "behind";
  const late = failing ? behind : last;
  return {
    rows: [
      { label: "Flushed", value: formatNumber(flushes), note: flushes === 1 ? "update" : "updates" },
      { label: "Merged", value: formatNumber(merged), note: merged === 1 ? "publish into a later update" : "publishes into later updates" },
      { label: "Retried", value: formatNumber(retried), note: retried === 1 ? "upload" : "uploads" },
      { label: "Refused", value: formatNumber(refused), note: "for want of room" },
      { label: "Stored", value: formatSize(stored), note: "before the last update" },
      { label: "Behind", value: late >= LATE ? formatDuration(late) : "not", note: late >= LATE && !failing ? "when the last update began" : "" },
    ],
    why: whyWords(failing ? reason : "", health.why ?? "", retried),
  };
}

function whyWords(now: string, last: string, retried: number): string {
  if (now) return now;
  if (last) return `The last upload that failed: ${last}`;
  return retried > 0 ? "Uploads failed, and were tried again." : "Every upload went through at the first try.";
}
