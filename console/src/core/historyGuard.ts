/**
 * Keeps Back leading out of the page that the viewer is on. A frame's steps go into the history of the whole window, where
 * the page cannot take them away: going back over them would leave them ahead, and what a frame adds next then replaces
 * them unseen, since the history gets no longer. So the page adds a step of its own on top, which says how far below it
 * the page was opened. Back from there comes to a step of the same page, which the page notices and passes all at once.
 */

const LOOK_EVERY_MS = 200;
/** A frame that needs more steps of the page's than this is let go. */
const MOST_COVERS = 4;

/** What is kept with a step in the history, beside what others keep there. */
interface Mark {
  /** The page's place that frames added to. */
  readonly place?: string;
  /** The browser's key for it, where it has such. */
  readonly key?: string | undefined;
  /** How many steps lead from here to what was before the place; 0 for the place itself. */
  readonly steps?: number;
}

/** The history as the page's own entries, which steps of frames are not among; not in every browser. */
const navigation = (globalThis as { navigation?: Navigation }).navigation;

/** Where the window is in its history, as far as the page can tell. */
class Position {
  readonly length = window.history.length;
  readonly key: string;
  /** Steps ahead, which go as soon as one is added. */
  readonly ahead: number;

  constructor() {
    const entry = navigation?.currentEntry;
    this.key = entry?.key ?? window.location.href;
    this.ahead = navigation && entry ? navigation.entries().length - 1 - entry.index : 0;
  }

  /** How many steps frames have added since then. */
  addedSince(before: Position): number {
    if (this.key !== before.key) return 0; // the page itself went somewhere
    if (this.length === before.length && this.ahead === before.ahead) return 0;
    // At least one, where those ahead were more than the page can see.
    return Math.max(1, this.length - before.length + before.ahead - this.ahead);
  }
}

/** Passes all steps of one place at once. It goes on when the frame that added them is gone. */
class Passage {
  private at: Mark = markHere();

  constructor() {
    window.addEventListener("popstate", () => this.moved());
  }

  /** Put a step of the page's on top of these, which frames have added. */
  cover(added: number): void {
    const { place = String(Math.random()), key = navigation?.currentEntry?.key, steps = 0 } = markHere();
    if (steps === 0) this.keep({ place, key, steps }, "replaceState");
    this.keep({ place, key, steps: Math.max(1, steps) + added + 1 }, "pushState");
  }

  private keep(mark: Mark, how: "replaceState" | "pushState"): void {
    this.at = mark;
    window.history[how]({ ...(window.history.state as object | null), frames: mark }, "", window.location.href);
  }

  private moved(): void {
    const from = this.at;
    this.at = markHere();
    const back = from.place !== undefined && from.place === this.at.place && (this.at.steps ?? 0) < (from.steps ?? 0);
    if (back) leave(from);
  }
}

/** Go to what was before a mark's place, from one step below the mark. */
function leave({ key, steps = 0 }: Mark): void {
  const entries = navigation?.entries() ?? [];
  const before = entries[entries.findIndex((entry) => entry.key === key) - 1];
  if (before === undefined) {
    window.history.go(1 - steps);
    return;
  }
  // By its key, for frames may have added steps that are not counted yet.
  // It fails only if the viewer goes elsewhere meanwhile.
  navigation?.traverseTo(before.key).finished?.catch(() => undefined);
}

function markHere(): Mark {
  return (window.history.state as { frames?: Mark } | null)?.frames ?? {};
}

let passage: Passage | null = null;

export class HistoryGuard {
  private readonly timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  private position = new Position();
  private covers = 0;

  constructor(private readonly misused: () => void) {
    passage ??= new Passage();
  }

  close(): void {
    this.cover();
    clearInterval(this.timer);
  }

  private look(): void {
    if (this.cover() && ++this.covers > MOST_COVERS) this.misused();
  }

  private cover(): boolean {
    const added = new Position().addedSince(this.position);
    if (added > 0) passage?.cover(added);
    this.position = new Position();
    return added > 0;
  }
}
