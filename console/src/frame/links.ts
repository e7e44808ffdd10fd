/**
 * Links in a sandboxed Deck. Nothing outside may be opened from there, and trying would leave the browser's error page
 * where the Deck was; so the address is shown instead, for the viewer to copy.
 */
import { child, setText } from "./elements/element";

/** A link may hold a whole file (data:); nobody copies that by hand. */
const MOST_SHOWN = 2000;

export function guardLinks(root: HTMLElement): void {
  const note = new LinkNote(root);
  // On the window, after the Deck's own handlers: what one of them has taken care of is not a link to anywhere.
  window.addEventListener("click", (event) => {
    const address = event.defaultPrevented ? null : addressOf(event);
    if (address === null) return;
    event.preventDefault();
    note.show(address);
  });
}

/** Where a click would lead; null when it stays on the page. */
function addressOf(event: Event): string | null {
  const link = event.composedPath().find((target) => target instanceof Element && /^(a|area)$/i.test(target.localName));
  if (!(link instanceof Element)) return null;
  const address = (link.getAttribute("href") ?? link.getAttribute("xlink:href"))?.trim();
  // An empty one loads the page again; a script's runs here and leads nowhere.
  if (address === undefined || address.startsWith("#") || /^javascript:/i.test(address)) return null;
  return address;
}

class LinkNote {
  private readonly node: HTMLElement;
  private readonly address: HTMLElement;

  constructor(root: HTMLElement) {
    this.node = child(root, "div", "ld-link-note");
    this.node.setAttribute("role", "status");
    this.node.hidden = true;
    const words = child(this.node, "span", "ld-link-words");
    words.textContent = "A Deck cannot open links. Copy the address:";
    this.address = child(this.node, "code", "ld-link-address");
    const close = child(this.node, "button", "ld-link-close");
    close.setAttribute("type", "button");
    close.textContent = "Close";
    close.addEventListener("click", () => (this.node.hidden = true));
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.node.hidden = true;
    });
  }

  /** Selected already: what is left to do is to copy. */
  show(address: string): void {
    setText(this.address, address.length > MOST_SHOWN ? `${address.slice(0, MOST_SHOWN)}…` : address);
    this.node.hidden = false;
    window.getSelection()?.selectAllChildren(this.address);
  }
}
