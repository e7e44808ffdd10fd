/**
 * What a frame with somebody else's scripts may take of the page around it. Messages are counted; a frame that sends
 * them without end keeps the page from doing anything else, so it is to be let go.
 */

import { HistoryGuard } from "./historyGuard";

export type Misuse = "messages" | "focus" | "history" | "silence" | "memory";

/** A Deck that is published 60 times a second reports each twice. */
const MOST_MESSAGES = 1500;
const WITHIN_MS = 1000;
/** So many characters, or bytes, count as a message more: what is large takes the page as long as many small ones. */
const CHARACTERS_OF_ONE = 10_000;
/** So many characters each value of a message counts as. */
const CHARACTERS_OF_VALUE = 10;
/** Of a table that is saved: they are few, and may be large. */
const SAVED_OF_ONE = 100;

export class MessageCount {
  private since = -Infinity;
  private count = 0;

  /** Count one by what it takes; false when there were too many. */
  take(event: MessageEvent<unknown>): boolean {
    const now = performance.now();
    if (now - this.since > WITHIN_MS) {
      this.since = now;
      this.count = 0;
    }
    this.count += 1 + sizeOf(event.data) / CHARACTERS_OF_ONE;
    return this.count <= MOST_MESSAGES;
  }
}

/** Of all that is in it, up to where it is too much: a list may hold one other many times over, or itself. */
function sizeOf(data: unknown): number {
  if (isSave(data)) return data.text.length / SAVED_OF_ONE;
  const left = [data];
  let size = 0;
  while (left.length > 0 && size <= MOST_MESSAGES * CHARACTERS_OF_ONE) {
    const value = left.pop();
    if (typeof value === "string") size += value.length;
    else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) size += value.byteLength;
    else if (typeof value === "object" && value !== null) {
      const inside: unknown[] = Array.isArray(value) ? value : Object.values(value);
      size += inside.length * CHARACTERS_OF_VALUE;
      for (const each of inside) left.push(each);
    }
  }
  return size;
}

function isSave(data: unknown): data is { readonly text: string } {
  return typeof data === "object" && data !== null && "type" in data && data.type === "save" && "text" in data && typeof data.text === "string";
}

/** So often in this time the keyboard is taken back; after that the frame is let go. */
const MOST_THEFTS = 8;
const THEFTS_WITHIN_MS = 5000;
/** How long a browser calls a viewer's click or key an activation. */
const ACTIVATION_MS = 5000;
/** A key this recent was typed into the page, not a click that has been in the frame since. */
const TYPING_MS = 1000;
const SETTLES_MS = 20;
/** A frame of another process hears of a click before it hears that the click activated it. */
const ASKED_AGAIN_MS = 40;

/** Whether the viewer clicked or typed in the frame within the last seconds, as the frame's own runtime says. */
export type AskFrame = () => Promise<boolean>;

/**
 * Keeps the keyboard in the page until the viewer goes to the frame: by Tab, or by a click in it. Of a click the page
 * sees that there is an activation that is not its own, or, where frames share its process, that the pointer is over the
 * frame. Where neither decides, the frame is asked, unless somebody types in the page meanwhile.
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
  /** The viewer came to the page by some act of theirs, unless the browser knows of none. */
  private actedAt = isActivated() ? performance.now() : -Infinity;
  private thefts: number[] = [];
  private asking = false;

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly misused: () => void,
    /** For a frame with a runtime that can be trusted. */
    private readonly ask?: AskFrame,
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
    if (this.asking || !this.taken()) return;
    if (this.ask && !this.typing()) void this.judgeByAsking(this.ask);
    else this.theft();
  }

  private async judgeByAsking(ask: AskFrame): Promise<void> {
    this.asking = true;
    let active = await ask();
    if (!active && this.taken() && !this.typing()) {
      await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_MS));
      active = await ask();
    }
    this.asking = false;
    if (!active && this.taken()) this.theft();
  }

  /** Whether the frame has the keyboard, and the page does not know that the viewer wanted so. */
  private taken(): boolean {
    return this.away && document.hasFocus() && !this.wanted();
  }

  private theft(): void {
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

  /** Whether the viewer types in the page, or can do nothing else. */
  private typing(): boolean {
    return performance.now() - this.keyAt < TYPING_MS || isDialogOpen();
  }

  /** Whether the viewer may have clicked or typed in the frame just now. */
  private clicked(): boolean {
    if (isDialogOpen() || !isActivated()) return false;
    const now = performance.now();
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

/** Whether the viewer did something in the page or in a frame of it; older browsers do not say, there the pointer decides. */
function isActivated(): boolean {
  return (navigator.userActivation as UserActivation | undefined)?.isActive ?? true;
}

/** Whether a dialog lies over the page: nothing behind it can be clicked. */
function isDialogOpen(): boolean {
  return document.querySelector("dialog:modal") !== null;
}

/** All of it for one frame. */
export function guardFrame(frame: HTMLIFrameElement, misused: (how: Misuse) => void, ask?: AskFrame): () => void {
  const count = new MessageCount();
  const hear = (event: MessageEvent) => {
    if (event.source !== null && event.source !== window && !count.take(event)) misused("messages");
  };
  window.addEventListener("message", hear);
  const focus = new FocusGuard(frame, () => misused("focus"), ask);
  const history = new HistoryGuard(() => misused("history"));
  return () => {
    window.removeEventListener("message", hear);
    focus.close();
    history.close();
  };
}
