/** Raw HTML. Scripts in it run, as they would in a page; the frame's sandbox is what holds them. */
import type { Html } from "../../protocol/deck.gen";
import { elementNode, type ElementView } from "./element";

const SENTINEL = "livedeck-end";

export class HtmlView implements ElementView<Html> {
  readonly kind = "html";
  readonly node = elementNode("html");
  private shown = "";
  /** Whether the HTML shown leaves no element open, so that more can follow without parsing it all again. */
  private closed = true;

  update({ html }: Html): void {
    if (html === this.shown) return;
    if (this.closed && html.startsWith(this.shown)) this.append(html.slice(this.shown.length));
    else keepHeight(this.node, () => this.replace(html));
    this.shown = html;
  }

  private replace(html: string): void {
    this.node.replaceChildren();
    this.append(html);
  }

  private append(html: string): void {
    const fragment = parse(this.node, `${html}<${SENTINEL}></${SENTINEL}>`);
    // An open element (or an open <b> that the parser would carry on) swallows what follows it.
    this.closed = fragment.lastElementChild?.localName === SENTINEL && !fragment.lastChild?.textContent;
    fragment.querySelector(SENTINEL)?.remove();
    this.node.append(fragment);
  }
}

/** Unlike innerHTML, a contextual fragment's scripts run when it is put into the page. */
function parse(context: HTMLElement, html: string): DocumentFragment {
  const range = document.createRange();
  range.selectNodeContents(context);
  return range.createContextualFragment(html);
}

/**
 * Keep an element's height while its content is replaced: pictures need a moment to decode, and a page that is
 * shorter for that moment would lose its scroll position.
 */
function keepHeight(node: HTMLElement, replace: () => void): void {
  node.style.minHeight = `${node.offsetHeight}px`;
  replace();
  const pictures = [...node.querySelectorAll("img")].filter((picture) => !picture.complete);
  const release = () => node.style.removeProperty("min-height");
  if (pictures.length === 0) release();
  else void Promise.allSettled(pictures.map((picture) => picture.decode())).then(release);
}
