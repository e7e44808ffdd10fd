/**
 * The Deck's runtime script. In the live frame it asks the page around it for a port and shows what comes through
 * it; in a deck.html opened from disk it shows the document that the page itself holds.
 */
import uplotCss from "uplot/dist/uPlot.min.css?inline";
import pageCss from "../../../livedeck/deck/page.css?inline";
import type { Document } from "../protocol/deck.gen";
import type { FromFrame, ToFrame } from "../protocol/live.gen";
import frameCss from "./frame.css?inline";
import { FrameSession, type Screen } from "./session";
import { DocumentView } from "./view";

const HELLO_EVERY_MS = 250;

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

/** Say hello to the page until it hands over a port. */
function live(view: DocumentView): void {
  const hello = () => window.parent.postMessage({ type: "livedeck:hello" }, "*");
  const again = setInterval(hello, HELLO_EVERY_MS);
  const answered = (event: MessageEvent<{ type?: unknown } | null>) => {
    const port = event.ports[0];
    if (event.source !== window.parent || event.data?.type !== "livedeck:port" || !port) return;
    clearInterval(again);
    window.removeEventListener("message", answered);
    const session = new FrameSession(makeScreen(view), (message: FromFrame) => port.postMessage(message));
    port.onmessage = ({ data }: MessageEvent<ToFrame>) => session.receive(data);
  };
  window.addEventListener("message", answered);
  hello();
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
  else if (window.parent !== window) live(view);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
