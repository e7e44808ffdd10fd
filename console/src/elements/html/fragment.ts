/** HTML that is a part of a page: put where it stands, appended to without touching what is there. */
import { parseInto, type PageScripts } from "../../frame/pageScripts";

const SENTINEL = "livedeck-end";

export class Fragment {
  private shown = "";
  /** The piece that was put last; whether it leaves an element open is found out only when more comes. */
  private last = "";

  constructor(
    private readonly node: HTMLElement,
    private readonly scripts: PageScripts,
  ) {}

  update(html: string): void {
    if (html.startsWith(this.shown) && this.isClosed()) this.append(html.slice(this.shown.length));
    else keepHeight(this.node, () => this.replace(html));
    this.shown = html;
  }

  destroy(): void {
    this.node.replaceChildren();
  }

  private replace(html: string): void {
    this.node.replaceChildren();
    this.append(html);
  }

  private append(html: string): void {
    this.last = html;
    this.scripts.append(this.node, parseInto(this.node, html));
  }

  /** An open element (or an open <b> that the parser would carry on) swallows what follows it. */
  private isClosed(): boolean {
    if (this.last === "") return true;
    const nodes = parseInto(this.node, `${this.last}<${SENTINEL}></${SENTINEL}>`);
    return nodes.lastElementChild?.localName === SENTINEL && !nodes.lastChild?.textContent;
  }
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
