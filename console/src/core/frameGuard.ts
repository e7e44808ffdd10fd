/**
 * What a frame with somebody else's scripts may take of the page around it. Messages are counted; a frame that sends
 * them without end keeps the page from doing anything else, so it is to be let go.
 */

export type Misuse = "messages" | "focus" | "history";

/** A Deck that is published 60 times a second reports each twice. */
const MOST_MESSAGES = 1500;
const WITHIN_MS = 1000;

export class MessageCount {
  private since = -Infinity;
  private count = 0;

  /** Count one; false when there were too many. */
  take(): boolean {
    const now = performance.now();
    if (now - this.since > WITHIN_MS) {
      this.since = now;
      this.count = 0;
    }
    return ++this.count <= MOST_MESSAGES;
  }
}
