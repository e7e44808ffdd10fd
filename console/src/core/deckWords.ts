/** What a Deck's state says to its viewer, in words; one entry for each phase. */
import { MOST_UNREADABLE } from "../document/apply";
import type { Unreadable } from "../protocol/deck.gen";
import type { DeckPhase, DeckState } from "../protocol/live.gen";
import { formatDuration, formatTime } from "./durations";
import { gist } from "./gist";
import { queuedWords } from "./queue";
import { isLost, type StreamStatus } from "./liveStream";

export interface DeckWords {
  /** The word in the toolbar. */
  readonly mark: string;
  /** How the mark looks: `live` pulses. */
  readonly tone: "live" | "waiting" | "good" | "bad" | "warn" | "info";
  /** A banner above the Deck; null where the mark says enough. */
  readonly banner: { readonly title: string; readonly text: string } | null;
  /** What stands in the Deck's place while there is none. */
  readonly empty: { readonly title: string; readonly text: string };
}

const NOTHING = { title: "Nothing was published", text: "The task ended before it published anything." };

const WORDS: Readonly<Record<DeckPhase, (state: DeckState) => DeckWords>> = {
  queued: ({ reason = "", ahead = null }) => ({
    mark: "Queued",
    tone: "waiting",
    banner: null,
    empty: {
      title: "Queued",
      text: joined(reason || ahead !== null ? queuedWords({ reason, ahead }) : "", "The Deck appears here once the task starts."),
    },
  }),
  waiting: () => ({
    mark: "Starting",
    tone: "waiting",
    banner: null,
    empty: { title: "The task is starting", text: "Its Deck follows in a moment." },
  }),
  placeholder: () => ({
    mark: "Running",
    tone: "waiting",
    banner: null,
    empty: { title: "Running, nothing published yet", text: "What the task publishes appears here as it happens." },
  }),
  live: () => ({
    mark: "Live",
    tone: "live",
    banner: null,
    empty: { title: "Running, nothing published yet", text: "What the task publishes appears here as it happens." },
  }),
  behind: (state) => ({
    mark: "Behind",
    tone: "warn",
    banner: {
      title: "Live, but behind.",
      text: `The store does not take what the task publishes, which tries again and again${behindBy(state)}.`,
    },
    empty: { title: "Nothing has reached the store yet", text: "The task publishes, but the store is failing." },
  }),
  finishing: (state) => ({
    mark: "Finishing",
    tone: "info",
    banner: { title: "Finishing.", text: state.reason ?? "The last changes are still being uploaded." },
    empty: { title: "Nothing has reached the store yet", text: state.reason ?? "The Deck is still being uploaded." },
  }),
  succeeded: () => ({ mark: "Complete", tone: "good", banner: null, empty: NOTHING }),
  failed: (state) => ({
    mark: "Failed",
    tone: "bad",
    banner: { title: state.shared ? "The execution failed." : "The task failed.", text: gist(state.reason) },
    empty: NOTHING,
  }),
  aborted: (state) => ({
    mark: "Aborted",
    tone: "warn",
    banner: state.shared
      ? { title: "The execution was aborted.", text: "This is what its tasks had published by then." }
      : { title: "The task was aborted.", text: joined(gist(state.reason), "This is what it had published by then.") },
    empty: NOTHING,
  }),
  died: (state) => ({
    mark: "Died",
    tone: "bad",
    banner: { title: "The task died.", text: joined(gist(state.reason), lastPublished(state)) },
    empty: { title: "Nothing was published", text: "The task died before it published anything." },
  }),
  unknown: () => ({
    mark: "As published",
    tone: "info",
    banner: null,
    empty: { title: "Nothing was published yet", text: "Nothing here says whether the task still runs." },
  }),
  cached: () => ({
    mark: "From the cache",
    tone: "info",
    banner: { title: "From the cache.", text: "The task did not run: this is the Deck of the run that filled the cache." },
    empty: { title: "No Deck in the cache", text: "The run that filled the cache left no Deck." },
  }),
  recovered: () => ({
    mark: "From the run before",
    tone: "info",
    banner: { title: "Recovered.", text: "The task did not run again: this is the Deck of the run that was recovered." },
    empty: { title: "No Deck", text: "The run that was recovered left no Deck." },
  }),
  none: (state) => ({
    mark: "No Deck",
    tone: "waiting",
    banner: null,
    empty: { title: "No Deck", text: state.reason ?? "This task publishes none." },
  }),
};

export function deckWords(state: DeckState): DeckWords {
  return WORDS[state.phase](state);
}

const OVER: ReadonlySet<DeckPhase> = new Set(["succeeded", "failed", "aborted", "died", "cached", "recovered"]);

/** Whether nothing more comes: bars on the Deck say what they have reached, and not how much is left. */
export function isOver(phase: DeckPhase): boolean {
  return OVER.has(phase);
}

/** The state for where it is said already what a queued task waits for. */
export function withoutQueue(state: DeckState): DeckState {
  return state.phase === "queued" ? { ...state, reason: "", ahead: null } : state;
}

export type DeckMark = Pick<DeckWords, "mark" | "tone">;

/** The word in the toolbar: the Deck's own only while it is known to be true, for what may be old must not look fresh. */
export function deckMark(state: DeckState, paused: boolean, stream: StreamStatus): DeckMark {
  if (paused) return { mark: "Paused", tone: "waiting" };
  if (stream === "refused") return { mark: "Not live", tone: "warn" };
  if (isLost(stream)) return { mark: "Reconnecting …", tone: "warn" };
  return deckWords(state);
}

/** Words about which attempt this is, while it is not the latest. */
export function earlierAttempt({ attempt = 0, attempts = 0 }: DeckState): string | null {
  return attempt + 1 < attempts ? `Attempt ${attempt + 1} of ${attempts}.` : null;
}

/** Words about segments that could not be read, the same as in a saved page (`livedeck/deck/static_page.py`). */
export function unreadableWords(unreadable: readonly Unreadable[]): string {
  const each = unreadable.map(({ seq, reason }) => `segment ${seq}: ${reason}`).join("; ");
  const many = unreadable.length >= MOST_UNREADABLE ? `${unreadable.length} segments or more` : `${unreadable.length} segments`;
  return `What ${unreadable.length === 1 ? "one segment" : many} changed is missing here (${each}).`;
}

function behindBy({ behind = 0 }: DeckState): string {
  return behind > 0 ? `; it is ${formatDuration(behind)} behind` : "";
}

function lastPublished({ publishedAt, endedAt }: DeckState): string {
  if (!publishedAt) return "It had published nothing.";
  const at = `It last published at ${formatTime(publishedAt)}`;
  const seconds = Math.max(0, Date.parse(endedAt ?? "") - Date.parse(publishedAt)) / 1000;
  return Number.isNaN(seconds) ? `${at}.` : `${at}, ${formatDuration(seconds)} before it ended.`;
}

function joined(first: string | undefined, second: string): string {
  if (!first) return second;
  return `${/[.!?]$/.test(first) ? first : `${first}.`} ${second}`;
}
