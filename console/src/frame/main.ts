/**
 * The Deck's runtime script. In the live frame it asks the page around it for a port and shows what comes through
 * it; in a deck.html opened from disk it shows the document that the page itself holds.
 */
import uplotCss from "uplot/dist/uPlot.min.css?inline";
import pageCss from "../../../livedeck/deck/page.css?inline";
import type { Document } from "../protocol/deck.gen";
import frameCss from "./frame.css?inline";
import { guardLinks } from "./links";
import { meetPage } from "./pagePort";
import type { Screen } from "./session";
import { DocumentView } from "./view";

function addStyles(): void {
  const style = document.createElement("style");
  style.textContent = [uplotCss, pageCss, frameCss].join("\n");
  document.head.append(style);
}

function makeScreen(view: DocumentView): Screen {
  return {
    show: (next) => view.show(next),
    theme: (dark) => {
      document.documentElement.dataset["theme"] = dark ? "dark" : "light";
      view.rethemed();
    },
    whenPainted: (callback) => requestAnimationFrame(() => requestAnimationFrame(callback)),
  };
}

function standalone(view: DocumentView, json: string): void {
  view.show(JSON.parse(json) as Document);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.rethemed());
}

function start(): void {
  addStyles();
  const held = document.getElementById("livedeck-document");
  // The static rendering in a deck.html makes room for the live one; its data and scripts stay in the page.
  const root = document.getElementById("livedeck-root") ?? document.body.appendChild(document.createElement("div"));
  root.replaceChildren();
  const view = new DocumentView(root);
  if (held) standalone(view, held.textContent);
  else if (window.parent !== window) meetPage(makeScreen(view));
  // In a sandbox a link leads nowhere. A deck.html opened from disk, or in a frame of somebody else's, is free to follow.
  if (window.parent !== window && window.origin === "null") guardLinks(document.body);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
