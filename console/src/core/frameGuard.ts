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

/** So often in this time the keyboard is taken back; after that the frame is let go. */
const MOST_THEFTS = 8;
const THEFTS_WITHIN_MS = 5000;
/** How long a browser calls a viewer's click or key an activation. */
const ACTIVATION_MS = 5000;
/** A key this recent was typed into the page, not a click that has been in the frame since. */
const TYPING_MS = 1000;
const SETTLES_MS = 20;

/**
 * Keeps the keyboard in the page until the viewer goes to the frame: by a click in it, which the page sees only as an
 * activation that is not its own with the pointer over the frame, or by Tab.
 */
export class FocusGuard {
  private readonly stop = new AbortController();
  private last: Element | null = null;
  /** Whether the keyboard is somewhere else than in the page. */
  private away = false;
  private inside = false;
  private enteredAt = -Infinity;
  private keyAt = -Infinity;
  private tabAt = -Infinity;
  private touchAt = -Infinity;
  /** The viewer came to the page by some act of theirs. */
  private actedAt = performance.now();
  private thefts: number[] = [];

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly misused: () => void,
  ) {
    const { signal } = this.stop;
    const options = { signal, capture: true };
    window.addEventListener("keydown", this.key, options);
    window.addEventListener("pointerdown", this.press, options);
    document.addEventListener("pointerover", this.over, options);
    document.addEventListener("focusin", this.focused, options);
    window.addEventListener("blur", this.left, { signal });
    window.addEventListener("focus", () => (this.away = false), { signal });
    this.last = document.activeElement;
  }

  close(): void {
    this.away = false;
    this.stop.abort();
  }

  private readonly key = (event: KeyboardEvent): void => {
    const now = performance.now();
    this.actedAt = now;
    if (event.key === "Tab") this.tabAt = now;
    else this.keyAt = now;
  };

  private readonly press = (event: PointerEvent): void => {
    this.actedAt = performance.now();
    if (event.pointerType === "touch") this.touchAt = this.actedAt;
  };

  private readonly over = (event: PointerEvent): void => {
    const inside = event.target === this.frame;
    if (inside && !this.inside) this.enteredAt = performance.now();
    this.inside = inside;
  };

  private readonly focused = (event: FocusEvent): void => {
    if (event.target instanceof Element && !(event.target instanceof HTMLIFrameElement)) this.last = event.target;
  };

  private readonly left = (): void => {
    this.away = true;
    this.judge();
  };

  private judge(): void {
    // The whole window may have lost it. The frame's element need not be the active one: a script can focus the window.
    if (!this.away || !document.hasFocus() || this.wanted()) return;
    const now = performance.now();
    this.thefts = [...this.thefts.filter((at) => now - at < THEFTS_WITHIN_MS), now];
    this.takeBack();
    if (this.thefts.length > MOST_THEFTS) this.misused();
    // The frame may be asking for it again at this moment; then it does not come back, and nothing says so.
    else setTimeout(() => this.judge(), SETTLES_MS);
  }

  private wanted(): boolean {
    return performance.now() - this.tabAt < TYPING_MS || this.clicked();
  }

  /** Whether the viewer may have clicked or typed in the frame just now. */
  clicked(): boolean {
    if (document.querySelector("dialog:modal")) return false; // what is behind a dialog cannot be clicked
    const now = performance.now();
    // Older browsers do not say; there the pointer has to do.
    if (!(navigator.userActivation as UserActivation | undefined ?? { isActive: true }).isActive) return false;
    if (now - this.actedAt > ACTIVATION_MS || this.touchAt > this.keyAt) return true;
    return this.inside && (this.enteredAt > this.keyAt || now - this.keyAt > TYPING_MS);
  }

  private takeBack(): void {
    this.frame.focus({ preventScroll: true }); // only what has it can give it away
    this.frame.blur();
    window.focus();
    if (this.last instanceof HTMLElement && this.last.isConnected) this.last.focus({ preventScroll: true });
  }
}

const LOOK_EVERY_MS = 200;
const MOST_UNDONE = 3;

/**
 * Keeps Back leading out of the page's view: steps that a frame adds to the history with nobody having clicked in it are
 * gone back over. What the viewer does in the frame stays a step, as in any page.
 */
export class HistoryGuard {
  private readonly timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  private length = window.history.length;
  private place = here();
  private undone = 0;

  /** `clicked`: whether the viewer may have done something in the frame. */
  constructor(
    private readonly clicked: () => boolean,
    private readonly misused: () => void,
  ) {}

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { length } = window.history;
    const place = here();
    const added = length - this.length;
    const own = place !== this.place; // the page itself went somewhere
    this.length = length;
    this.place = place;
    if (own || added <= 0 || this.clicked()) return;
    window.history.go(-added);
    if (++this.undone >= MOST_UNDONE) this.misused();
  }
}

/** The page's own step in the history, which those of its frames do not change. */
function here(): string {
  const { navigation } = window as { navigation?: { currentEntry?: { key: string } | null } };
  return navigation?.currentEntry?.key ?? window.location.href;
}

/** All of it for one frame. */
export function guardFrame(frame: HTMLIFrameElement, misused: (how: Misuse) => void): () => void {
  const count = new MessageCount();
  const hear = ({ source }: MessageEvent) => {
    if (source !== null && source !== window && !count.take()) misused("messages");
  };
  window.addEventListener("message", hear);
  const focus = new FocusGuard(frame, () => misused("focus"));
  const history = new HistoryGuard(
    () => focus.clicked(),
    () => misused("history"),
  );
  return () => {
    window.removeEventListener("message", hear);
    focus.close();
    history.close();
  };
}
