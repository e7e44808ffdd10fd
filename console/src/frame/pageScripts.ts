/**
 * Scripts in HTML that is put into a document after it has loaded, run as they would in a page: one after the other,
 * `document.write` in its place, and what waits for DOMContentLoaded or load is called once all of it stands.
 */

/** Events of a page that were over when the HTML came, in the order in which a page has them. */
const PAST: readonly (readonly [type: string, targets: () => readonly EventTarget[]])[] = [
  ["readystatechange", () => [document]],
  ["DOMContentLoaded", () => [document, window]],
  ["load", () => [window]],
  ["pageshow", () => [window]],
];

interface Waiting {
  readonly target: EventTarget;
  readonly type: string;
  readonly listener: EventListenerOrEventListenerObject;
}

interface Running {
  readonly script: HTMLScriptElement;
  written: string;
}

export class PageScripts {
  private waiting: Waiting[] = [];
  private running: Running | null = null;
  /** Where a script last stood: what is written later, from a timer or a click, goes to the end of that element. */
  private place: HTMLElement | null = null;
  private late = "";

  /** Take over what a document that is still loading would do. For a document of the Deck's own HTML only. */
  install(): void {
    const { waiting } = this;
    const add = EventTarget.prototype.addEventListener; // eslint-disable-line @typescript-eslint/unbound-method -- called with its target
    const remove = EventTarget.prototype.removeEventListener; // eslint-disable-line @typescript-eslint/unbound-method -- the same
    EventTarget.prototype.addEventListener = function (this: EventTarget | undefined, type, listener, options): void {
      const target = this ?? window;
      add.call(target, type, listener, options);
      if (listener && isPast(type, target)) waiting.push({ target, type, listener });
    };
    EventTarget.prototype.removeEventListener = function (this: EventTarget | undefined, type, listener, options): void {
      const target = this ?? window;
      remove.call(target, type, listener, options);
      const at = waiting.findIndex((one) => one.target === target && one.type === type && one.listener === listener);
      if (at >= 0) waiting.splice(at, 1);
    };
    Object.assign(document, {
      write: (...texts: string[]) => this.write(texts.join("")),
      writeln: (...texts: string[]) => this.write(`${texts.join("")}\n`),
      // Scripts open and close around what they write; here there is nothing to open, and nothing is wiped.
      open: () => document,
      close: () => undefined,
    });
  }

  /** Put nodes at the end of an element, and run the scripts in them. */
  append(parent: HTMLElement, nodes: DocumentFragment): void {
    const scripts = [...nodes.querySelectorAll("script")];
    this.guardInner(nodes);
    parent.append(nodes);
    for (const script of scripts) {
      if (script.isConnected) this.run(script, parent);
    }
  }

  /** All that came with an update stands: whoever waits for the page to be there is called. */
  settled(panel: HTMLElement): void {
    this.fire("readystatechange");
    this.fire("DOMContentLoaded");
    if (!this.waiting.length && !window.onload && !window.onpageshow) return;
    void whenLoaded(panel).then(() => {
      this.fire("load");
      this.fire("pageshow");
    });
  }

  private run(script: HTMLScriptElement, place: HTMLElement): void {
    const fresh = document.createElement("script"); // one that was parsed on its own never runs
    for (const { name, value } of script.attributes) fresh.setAttribute(name, value);
    fresh.async = script.hasAttribute("async");
    fresh.text = script.text;
    const before = this.running;
    const running: Running = (this.running = { script: fresh, written: "" });
    this.place = place;
    try {
      script.replaceWith(fresh);
    } finally {
      this.running = before;
    }
    if (running.written !== "") this.insertBehind(fresh, running.written, place);
  }

  private insertBehind(script: HTMLScriptElement, html: string, place: HTMLElement): void {
    if (!script.parentElement) return;
    const nodes = parseInto(script.parentElement, html);
    const scripts = [...nodes.querySelectorAll("script")];
    this.guardInner(nodes);
    script.after(nodes);
    for (const each of scripts) if (each.isConnected) this.run(each, place);
  }

  private write(html: string): void {
    if (this.running) {
      this.running.written += html;
      return;
    }
    if (this.late === "") queueMicrotask(() => this.flushLate());
    this.late += html;
  }

  private flushLate(): void {
    const place = this.place?.isConnected ? this.place : document.body;
    const html = this.late;
    this.late = "";
    this.append(place, parseInto(place, html));
  }

  private fire(type: string): void {
    const event = (target: EventTarget) => asSeenBy(target, new Event(type));
    const due = this.waiting.filter((one) => one.type === type);
    for (const one of due) {
      this.waiting.splice(this.waiting.indexOf(one), 1);
      call(one.listener, one.target, event(one.target));
    }
    for (const target of targetsOf(type)) {
      const handler = takeHandler(target, type);
      if (handler) call(handler, target, event(target));
    }
  }

  private guardInner(nodes: DocumentFragment): void {
    (window as { livedeckGuardInner?: (root: ParentNode) => void }).livedeckGuardInner?.(nodes);
  }
}

/** The scripts of this document: one object for all of it, since a script on a tab may wait for what another has begun. */
export const pageScripts = new PageScripts();

/** Nodes for an element, with scripts that do not run. */
export function parseInto(context: Element, html: string): DocumentFragment {
  const holder = context.cloneNode(false) as Element;
  holder.innerHTML = html;
  const nodes = document.createDocumentFragment();
  nodes.append(...holder.childNodes);
  return nodes;
}

function targetsOf(type: string): readonly EventTarget[] {
  return PAST.find(([past]) => past === type)?.[1]() ?? [];
}

function isPast(type: string, target: EventTarget): boolean {
  return targetsOf(type).includes(target);
}

/** A handler that was set as a property (`window.onload = ...`); it is called once, so it is taken away. */
function takeHandler(target: EventTarget, type: string): EventListener | null {
  const holder = target as unknown as Record<string, EventListener | null | undefined>;
  const handler = holder[`on${type}`];
  if (typeof handler !== "function") return null;
  holder[`on${type}`] = null;
  return handler;
}

function asSeenBy(target: EventTarget, event: Event): Event {
  const getter = { get: () => target };
  return Object.defineProperties(event, { target: getter, currentTarget: getter });
}

function call(listener: EventListenerOrEventListenerObject, target: EventTarget, event: Event): void {
  try {
    if (typeof listener === "function") listener.call(target, event);
    else listener.handleEvent(event);
  } catch (error) {
    reportError(error); // as an event's listener that fails: the others are called all the same
  }
}

/** Once the pictures have come, or failed to. */
function whenLoaded(node: HTMLElement): Promise<unknown> {
  const pictures = [...node.querySelectorAll("img")].filter((picture) => !picture.complete);
  return Promise.allSettled(pictures.map((picture) => picture.decode()));
}
