/** Frames within the Deck's frame, for HTML that has to have a document of its own. */
import guards from "../../../livedeck/deck/guards.js?raw";
import sizing from "../../../livedeck/deck/sizing.js?raw";

/**
 * Within a sandbox none of this adds to what it allows. In a `deck.html` from disk it lets a viewer follow links; never
 * in is `allow-same-origin`, without which the document inside has no say in the one around it.
 */
const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals";

export function nestedFrame(title: string, html: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.setAttribute("sandbox", SANDBOX);
  frame.referrerPolicy = "no-referrer";
  frame.srcdoc = html;
  return frame;
}

/** The HTML of a document, with the script that guards it behind its doctype. */
export function withGuards(html: string, sized: boolean): string {
  const at = /^\s*<!doctype[^>]*>/i.exec(html)?.[0].length ?? 0;
  const script = `<script>${guards}${sized ? sizing : ""}</script>`;
  return `${html.slice(0, at)}${script}${html.slice(at)}`;
}

/** Run the guards in the document that this script runs in; see there for the roles. */
export function guardHere(role: "page" | "frame" | "inner"): void {
  const script = document.createElement("script");
  script.dataset["role"] = role;
  script.textContent = guards;
  document.head.append(script);
  script.remove();
}
