/**
 * Links in a sandboxed Deck. Nothing outside may be opened from there, and trying would leave the browser's error page
 * where the Deck was; so the address is shown instead, for the viewer to copy.
 */
import { child, setText } from "../elements/dom";

/** A link may hold a whole file (data:); nobody copies that by hand. */
const MOST_SHOWN = 2000;

export class LinkNote {
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
      if (event.key !== "Escape" || this.node.hidden) return;
      event.preventDefault();
      this.node.hidden = true;
    });
  }

  /** Selected already: what is left to do is to copy. */
  show(address: string): void {
    setText(this.address, address.length > MOST_SHOWN ? `${address.slice(0, MOST_SHOWN)}…` : address);
    this.node.hidden = false;
    window.getSelection()?.selectAllChildren(this.address);
  }
}
