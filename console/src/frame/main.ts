/**
 * The Deck's runtime script. In the live frame it asks the page around it for a port and shows what comes through
 * it; in a deck.html opened from disk it shows the document that the page itself holds; in the frame of a tab, which it
 * makes for HTML with scripts or styles, it shows that tab.
 */
import { VIEW_STYLES } from "../elements/viewing";
import type { Document } from "../protocol/deck.gen";
import frameCss from "./frame.css?inline";
import { pageScripts } from "./pageScripts";
import { LinkNote } from "./links";
import { guardHere } from "./nested";
import { Notices } from "./notices";
import { meetPage } from "./pagePort";
import type { Screen } from "./session";
import { isTabFrame } from "./tabFrame";
import { TabView } from "./tabView";
import { DocumentView } from "./view";

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
    whenPainted: (callback) => view.whenPainted(callback),
  };
}

function standalone(view: DocumentView, json: string): void {
  view.show(JSON.parse(json) as Document);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.rethemed());
}

/** The static rendering in a deck.html makes room for the live one; its data and scripts stay in the page. */
function emptyRoot(): HTMLElement {
  const root = document.getElementById("livedeck-root") ?? document.body.appendChild(document.createElement("div"));
  root.replaceChildren();
  return root;
}

function start(): void {
  addStyles();
  const view = new DocumentView(emptyRoot());
  // In a sandbox a link leads nowhere. A deck.html opened from disk, or in a frame of somebody else's, is free to follow.
  const free = window.parent === window || window.origin !== "null";
  new Notices(view, new LinkNote(document.body), free).watch();
  guardHere(free ? "page" : "frame");
  const held = document.getElementById("livedeck-document");
  if (held) standalone(view, held.textContent);
  else if (window.parent !== window) {
    const page = meetPage(makeScreen(view));
    view.chose = (name) => page.session?.chosen(name);
  }
}

/** In the frame of a tab, where nothing but the Deck's own HTML is shown. */
function startTab(): void {
  addStyles();
  guardHere("inner");
  const view = new TabView(document.body);
  pageScripts.install();
  meetPage(makeScreen(view));
}

// A tab's frame begins when its own events are over: those of its HTML come after them.
if (isTabFrame()) window.addEventListener("load", startTab, { once: true });
else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
