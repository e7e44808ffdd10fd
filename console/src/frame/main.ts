/**
 * The Deck's runtime script. In the live frame it asks the page around it for a port and shows what comes through
 * it; in a deck.html opened from disk it shows the document that the page itself holds; in the frame of a tab, which it
 * makes for HTML with scripts or styles, it shows that tab.
 */
import { savedDocument } from "../document/saved";
import { saveFile } from "../core/saving";
import { onMathsNeeded } from "../elements/markdown/mathsScript";
import { onSave } from "../elements/saving";
import { VIEW_STYLES } from "../elements/viewing";
import { currentLook, onLook, takeLook } from "../plotting/look";
import type { Document } from "../protocol/deck.gen";
import frameCss from "./frame.css?inline";
import { pageScripts } from "./pageScripts";
import { LinkNote } from "./links";
import { guardHere } from "./nested";
import { Presenting } from "./presenting";
import { Notices } from "./notices";
import { meetPage } from "./pagePort";
import type { Screen } from "./session";
import { isTabFrame, shareLook, shareOver } from "./tabFrame";
import { TabView } from "./tabView";
import { DocumentView } from "./view";

/** In a deck.html, the byte of it that the characters of its noscript element begin at. */
const START = Number(document.currentScript?.dataset["static"] ?? 0);

/** What comes on top of the page's own style, which stands in it already: `livedeck/deck/style.py`. */
function addStyles(): void {
  const style = document.createElement("style");
  style.textContent = [frameCss, ...VIEW_STYLES].join("\n");
  document.head.append(style);
}

function makeScreen(view: DocumentView | TabView): Screen {
  return {
    show: (next, segment) => view.show(next, segment),
    theme: (dark) => {
      document.documentElement.dataset["theme"] = dark ? "dark" : "light";
      view.rethemed();
    },
    tab: (name) => {
      if (view instanceof DocumentView) view.prefer(name);
    },
    over: (over) => {
      view.endedElsewhere(over);
      shareOver(over);
    },
    look: (look) => {
      takeLook(look);
      shareLook();
    },
    whenPainted: (callback) => view.whenPainted(callback),
  };
}

/** Call back when the viewer presses Escape, and nothing has taken it for itself. */
function onEscape(callback: () => void): void {
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) callback();
  });
}

function standalone(view: DocumentView, held: Document): void {
  // Of a task that died the document does not say so.
  const over = document.querySelector<HTMLMetaElement>("meta[name=livedeck-state]")?.content === "ended";
  view.endedElsewhere(over);
  shareOver(over);
  view.show(held);
  const head = document.querySelector<HTMLElement>(".ld-header");
  if (head) new Presenting(head);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.rethemed());
}

/** What a deck.html holds; null in a page that holds nothing, and is to be told what to show. */
function heldDocument(root: HTMLElement): Document | null {
  const source = document.getElementById("livedeck-source");
  if (!source) return null;
  return savedDocument(source.textContent, root.querySelector("noscript")?.textContent ?? "", START);
}

/** The script that draws maths, which a deck.html with maths holds. */
function heldMaths(): Promise<string> {
  return Promise.resolve(document.getElementById("livedeck-maths")?.textContent ?? "");
}

/** The static rendering in a deck.html makes room for the live one. */
function emptied(root: HTMLElement): HTMLElement {
  root.replaceChildren();
  return root;
}

function start(): void {
  addStyles();
  const root = document.getElementById("livedeck-root") ?? document.body.appendChild(document.createElement("div"));
  const held = heldDocument(root);
  const view = new DocumentView(emptied(root));
  // In a sandbox a link leads nowhere. A deck.html opened from disk, or in a frame of somebody else's, is free to follow.
  const free = window.parent === window || window.origin !== "null";
  new Notices(view, new LinkNote(document.body), free).watch();
  guardHere(free ? "page" : "frame");
  if (held) {
    onSave(saveFile);
    onLook(shareLook);
    onMathsNeeded(heldMaths);
    standalone(view, held);
  }
  else if (window.parent !== window) {
    const page = meetPage(makeScreen(view));
    onMathsNeeded(page.maths);
    view.chose = (name) => page.session?.chosen(name);
    onLook((from) => {
      shareLook(from);
      page.session?.looked(currentLook());
    });
    onSave((asked) => page.session?.save(asked));
    onEscape(() => page.session?.left());
  }
}

/** In the frame of a tab, where nothing but the Deck's own HTML is shown. */
function startTab(): void {
  addStyles();
  guardHere("inner");
  const view = new TabView(document.body);
  pageScripts.install();
  const page = meetPage(makeScreen(view));
  onMathsNeeded(page.maths);
  onLook(() => page.session?.looked(currentLook()));
  onEscape(() => page.session?.left());
  onSave((asked) => page.session?.save(asked));
}

// A tab's frame begins when its own events are over: those of its HTML come after them.
if (isTabFrame()) window.addEventListener("load", startTab, { once: true });
else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
