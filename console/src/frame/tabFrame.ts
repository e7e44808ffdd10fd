/**
 * A tab whose HTML has scripts or styles: shown in a document of its own, by this same script, so that they reach the
 * rest of their tab (a library in one element, its use in the next) and nothing else. It is fed as the frame itself is
 * by the page: a document first, then segments, through a port.
 */
import type { DocumentSink } from "../core/deckSession";
import { FramePort, MOST_FULL_WITHIN, type FrameEvents } from "../core/framePort";
import type { Look } from "../core/look";
import { viewingOf } from "../elements/viewing";
import type { Tab, Document, Element, Segment } from "../protocol/deck.gen";
import type { FromFrame } from "../protocol/live.gen";
import { currentLook, takeLookOf } from "../plotting/look";
import { mathsScript } from "../elements/markdown/mathsScript";
import { askToSave } from "../elements/saving";
import { nestedFrame } from "./nested";

/** This script, as it stands in the page: the frame of a tab gets a copy, since it may load nothing. */
const SCRIPT = document.currentScript?.textContent ?? "";
/** The look of a Deck, which the page around this script has. */
const STYLE = document.getElementById("livedeck-style")?.textContent ?? "";
const IS_TAB = "data-livedeck-tab";

/** Whether this script runs in the frame of a tab. */
export function isTabFrame(): boolean {
  return document.documentElement.hasAttribute(IS_TAB);
}

/** The name under which a tab's part of a document has what the tab needs of others. No tab has it. */
export const NEEDED = "\u0000needed";

/** A tab's part of a document: the tab, and what its elements need of other tabs. */
export function partOf(document: Document, deck: Tab): Document {
  const needed = new Set(deck.elements.map((element) => viewingOf(element.kind)?.needs?.(element) ?? ""));
  needed.delete("");
  for (const { id } of deck.elements) needed.delete(plainId(id));
  if (needed.size === 0) return { ...document, decks: [deck] };
  const elements: Element[] = [];
  for (const element of (document.decks ?? []).flatMap((other) => (other === deck ? [] : other.elements))) {
    if (needed.delete(plainId(element.id))) elements.push(element);
  }
  return { ...document, decks: [deck, { name: NEEDED, elements }] };
}

/** An element's id; on a tab that tasks share the task's name stands before it. */
function plainId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** What a tab needs of others is the same as it was, where ops of the tab itself are all that is to be sent. */
function needsTheSame(next: Document, before: Document | null): boolean {
  const elements = ({ decks = [] }: Document) => decks.find(({ name }) => name === NEEDED)?.elements ?? [];
  const [now, then] = [elements(next), before ? elements(before) : []];
  return now.length === then.length && now.every((element, index) => element === then[index]);
}

const OPEN = new Set<TabFrame>();

/** Tell the frames of tabs what the viewer has made of charts, but for the one that says so itself. */
export function shareLook(from?: object): void {
  const look = currentLook();
  for (const frame of OPEN) if (frame !== from) frame.show(look);
}

let isOver = false;

/** Tell the frames of tabs, and those that are still to come, whether the attempt is over. */
export function shareOver(over: boolean): void {
  isOver = over;
  for (const frame of OPEN) frame.over(over);
}

export class TabFrame {
  readonly node: HTMLIFrameElement;
  private readonly port: FramePort;
  private sink: DocumentSink | null = null;
  private latest: Document | null = null;
  private painted = 0;
  private loaded = false;
  private waiting: { readonly seq: number; readonly callback: () => void }[] = [];

  /** `lost`: there is nothing to be shown in it any more, and why; it is to be replaced. */
  constructor(
    private readonly name: string,
    lost: (why: string) => void,
  ) {
    const theme = isDark() ? "dark" : "light";
    const head = `<html lang="en" ${IS_TAB} data-theme="${theme}"><head><meta charset="utf-8"><title>Tab</title><style id="livedeck-style">${STYLE}</style></head>`;
    this.node = nestedFrame(name, `<!doctype html>${head}<body><script>${SCRIPT}</script></body></html>`);
    this.node.className = "ld-tab-frame";
    const events: FrameEvents = {
      reported: (message) => this.reported(message),
      flooded: () => lost("It sent messages without end."),
      silent: () => lost("It ran without end, or took all memory."),
      full: () => lost("It took more and more memory."),
      maths: mathsScript,
    };
    this.port = new FramePort(this.node, this, isDark(), events, MOST_FULL_WITHIN);
    this.port.showLook(currentLook());
    this.port.showOver(isOver);
    OPEN.add(this);
    this.node.addEventListener("load", () => {
      if (this.loaded) lost("It tried to leave for another page.");
      this.loaded = true;
    });
  }

  attach(sink: DocumentSink): () => void {
    this.sink = sink;
    if (this.latest) sink.document(this.latest);
    return () => (this.sink = null);
  }

  /** Show a state of the tab; `segment` where it follows the one shown last. */
  update(document: Document, segment?: Segment): void {
    const follows = segment?.seq === (this.latest?.seq ?? 0) + 1 && needsTheSame(document, this.latest);
    const known = this.latest !== null;
    this.latest = document;
    if (known && follows) this.sink?.segment({ ...segment, ops: segment.ops.filter((op) => op.op === "end" || op.deck === this.name) });
    else this.sink?.document(document);
  }

  whenPainted(callback: () => void): void {
    const seq = this.latest?.seq ?? 0;
    if (this.painted >= seq) callback();
    else this.waiting.push({ seq, callback });
  }

  rethemed(): void {
    this.port.theme(isDark());
  }

  over(over: boolean): void {
    this.port.showOver(over);
  }

  show(look: Look): void {
    this.port.showLook(look);
  }

  destroy(): void {
    OPEN.delete(this);
    this.port.close();
    this.node.remove();
    this.release(Infinity);
  }

  private reported(message: FromFrame): void {
    if (message.type === "save") askToSave(this.node, message);
    if (message.type === "look") takeLookOf(this, message);
    if (message.type === "leave") this.node.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    if (message.type === "painted") this.release((this.painted = message.seq));
  }

  private release(seq: number): void {
    const due = this.waiting.filter((one) => one.seq <= seq);
    this.waiting = this.waiting.filter((one) => one.seq > seq);
    for (const { callback } of due) callback();
  }
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}
