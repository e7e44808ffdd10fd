/**
 * The page's side of the frame protocol: the frame's hello is checked to come from that frame and answered with a port,
 * and only the port is used from then on. A frame that was away (a script of the Deck sent it elsewhere and the viewer
 * came back) begins anew and says hello again: it gets another port, and with it the whole document.
 */
import type { Document, Segment } from "../protocol/deck.gen";
import type { FromFrame, ToFrame } from "../protocol/live.gen";
import type { DocumentSink } from "./deckSession";
import { MessageCount } from "./frameGuard";
import { Heartbeat } from "./heartbeat";
import { isLook, PLAIN, type Look } from "./look";
import { isSaved } from "./saving";

/** Dispatched on the window whenever a Deck's update has been on screen for a frame; `detail` is FramePainted. */
export const PAINTED = "livedeck:painted";

/** A frame that waits says hello more rarely than this; a Deck's script may say it in a loop, and each costs a document. */
const ANSWER_EVERY_MS = 200;

/** A frame that draws, on a machine that is busy, takes its time to answer; who types in the page does not wait for that. */
const ANSWERS_WITHIN_MS = 400;

/** A tab's name goes into the address; a longer one than this is not kept there. */
const LONGEST_NAME = 500;

/** Where a frame's document comes from: a Deck's session, or the frame around a frame. */
export interface DocumentSource {
  /** A frame is ready: it gets the document now, and what follows. Returns how to let go of it. */
  attach(sink: DocumentSink): () => void;
}

/**
 * Seconds that a frame may take more when it has nearly all memory, before it is let go. Frames within it, which share its memory, are let go before: one
 * tab is less of a loss than the whole Deck.
 */
const MOST_FULL = 6;
export const MOST_FULL_WITHIN = 2;

export interface FrameEvents {
  /** What the frame reports. The Deck's own scripts can make it say anything of this form. */
  readonly reported?: (message: FromFrame) => void;
  /** Gives the script that draws maths, which a frame cannot fetch. */
  readonly maths?: () => Promise<string>;
  /** It sends messages without end. The port is closed already; the frame is to be taken away at once. */
  readonly flooded?: () => void;
  /** It does not answer. The port is closed already; the frame is to be taken away at once. */
  readonly silent?: () => void;
  /** It takes all memory. The port is closed already; the frame is to be taken away at once. */
  readonly full?: () => void;
}

export class FramePort implements DocumentSink {
  private readonly count = new MessageCount();
  private port: MessagePort | null = null;
  private heartbeat: Heartbeat | null = null;
  private detach: (() => void) | null = null;
  private answered = -Infinity;
  /** Up to which segment the frame was sent, and up to which it says that it has applied. */
  private sent = -1;
  private applied = -1;

  /** The tab to show, where the address names one. */
  private tab: string | null = null;

  /** Whether the attempt is over. */
  private over = false;

  /** What the viewer has made of charts. */
  private look: Look = PLAIN;

  /** Whether this port's frame has asked for the script that draws maths: it gets that once. */
  private gaveMaths = false;

  private pings = 0;
  private questions: { readonly number: number; readonly answer: (active: boolean) => void }[] = [];

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly source: DocumentSource,
    private dark: boolean,
    private readonly events: FrameEvents = {},
    private readonly mostFull = MOST_FULL,
  ) {
    window.addEventListener("message", this.hear);
  }

  close(): void {
    window.removeEventListener("message", this.hear);
    this.letGo();
  }

  theme(dark: boolean): void {
    this.dark = dark;
    this.post({ type: "theme", dark });
  }

  showTab(tab: string): void {
    this.tab = tab;
    this.post({ type: "tab", name: tab });
  }

  showOver(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.post({ type: "over", over });
  }

  showLook({ zooms, hidden }: Look): void {
    this.look = { zooms, hidden };
    this.post({ type: "look", zooms, hidden });
  }

  /** Ask whether the viewer clicked or typed in the frame within the last seconds; false if it does not say so soon. */
  isActive(): Promise<boolean> {
    return new Promise((answer) => {
      this.ping();
      this.questions.push({ number: this.pings, answer });
      setTimeout(() => answer(false), ANSWERS_WITHIN_MS);
    });
  }

  document(document: Document): void {
    this.sent = document.seq ?? 0;
    this.post({ type: "document", document });
  }

  segment(segment: Segment): void {
    this.sent = segment.seq;
    this.post({ type: "segment", segment });
  }

  private readonly hear = (event: MessageEvent<{ type?: unknown } | null>): void => {
    const target = this.frame.contentWindow;
    if (target !== null && event.source === target && !this.counted(event)) return;
    if (target === null || event.source !== target || event.data?.type !== "livedeck:hello") return;
    const now = performance.now();
    if (now - this.answered < ANSWER_EVERY_MS) return;
    this.answered = now;
    this.letGo();
    const channel = new MessageChannel();
    this.port = channel.port1;
    this.sent = this.applied = -1;
    this.heartbeat = new Heartbeat(this.mostFull, {
      ping: () => this.ping(),
      isDrawing: () => this.applied < this.sent,
      silent: () => this.giveUp(this.events.silent),
      full: () => this.giveUp(this.events.full),
    });
    this.gaveMaths = false;
    this.port.onmessage = (message: MessageEvent<unknown>) => {
      if (!this.counted(message)) return;
      this.heartbeat?.heard();
      if (isReport(message.data)) this.report(message.data);
    };
    // The frame's origin is opaque, so no origin can be named; that it is our frame was just checked.
    target.postMessage({ type: "livedeck:port" }, "*", [channel.port2]);
    this.theme(this.dark);
    if (this.tab !== null) this.showTab(this.tab);
    if (this.over) this.post({ type: "over", over: true });
    if (this.look !== PLAIN) this.showLook(this.look);
    this.detach = this.source.attach(this);
  };

  private counted(event: MessageEvent<unknown>): boolean {
    if (this.count.take(event)) return true;
    this.giveUp(this.events.flooded);
    return false;
  }

  private giveUp(tell: (() => void) | undefined): void {
    this.close();
    tell?.();
  }

  /** Nothing more to or from the port; what it reported was of a frame that is gone. */
  private letGo(): void {
    this.detach?.();
    this.port?.close();
    this.heartbeat?.close();
    this.detach = this.port = this.heartbeat = null;
    delete this.frame.dataset["applied"];
    delete this.frame.dataset["painted"];
  }

  /** Leave on the element how far the frame is: for tests, measurements and curious people. */
  private report(message: FromFrame): void {
    if (message.type === "pong") {
      this.heartbeat?.weighed(message.memory);
      for (const { number, answer } of this.questions) if (number <= message.number) answer(message.active);
      this.questions = this.questions.filter(({ number }) => number > message.number);
      return;
    }
    if (message.type === "maths") {
      void this.giveMaths();
      return;
    }
    if (message.type === "chosen") this.tab = message.name;
    if (message.type === "look") this.look = message;
    if (message.type === "applied" || message.type === "painted") this.frame.dataset[message.type] = String(message.seq);
    if (message.type === "applied") this.applied = message.seq;
    if (message.type === "painted") window.dispatchEvent(new CustomEvent(PAINTED, { detail: message }));
    this.events.reported?.(message);
  }

  private async giveMaths(): Promise<void> {
    const { port } = this;
    if (this.gaveMaths || !this.events.maths) return;
    this.gaveMaths = true;
    // Where there is none, formulas stay as they were written.
    const script = await this.events.maths().catch(() => "");
    port?.postMessage({ type: "maths", script } satisfies ToFrame);
  }

  private ping(): void {
    this.post({ type: "ping", number: ++this.pings });
  }

  private post(message: ToFrame): void {
    this.port?.postMessage(message);
  }
}

/** The Deck's own scripts share the frame with the runtime, and may send through its port whatever they like. */
function isReport(data: unknown): data is FromFrame {
  if (typeof data !== "object" || data === null || !("type" in data)) return false;
  if (data.type === "pong") {
    const { number, active, memory } = data as { readonly number?: unknown; readonly active?: unknown; readonly memory?: unknown };
    return typeof number === "number" && typeof active === "boolean" && typeof memory === "number";
  }
  if (data.type === "chosen") return "name" in data && typeof data.name === "string" && data.name.length <= LONGEST_NAME;
  if (data.type === "save") return isSaved(data);
  if (data.type === "look") return isLook(data);
  if (data.type === "leave") return true;
  if (data.type === "maths") return true;
  return (data.type === "applied" || data.type === "painted") && "seq" in data && Number.isSafeInteger(data.seq);
}
