/**
 * A deck.html on all of the screen, with nothing but its Deck and how it stands: by a button in its head or the key `f`,
 * until Escape, as in the console.
 */
import { isPlain, present } from "../core/presenting";
import { child } from "../elements/dom";

const ON = "data-presenting";

export class Presenting {
  private readonly button: HTMLButtonElement;
  private exit: (() => void) | null = null;

  constructor(head: HTMLElement) {
    this.button = child(head, "button", "ld-present") as HTMLButtonElement;
    this.button.type = "button";
    this.button.addEventListener("click", () => this.toggle());
    this.say();
    window.addEventListener("keydown", (event) => {
      if (event.defaultPrevented) return;
      if (event.key === "Escape") this.leave();
      if (event.key === "f" && isPlain(event)) this.toggle();
    });
  }

  private toggle(): void {
    if (this.exit) {
      this.leave();
      return;
    }
    const { documentElement } = document;
    documentElement.setAttribute(ON, "");
    this.exit = present(documentElement, () => this.leave());
    this.say();
  }

  private leave(): void {
    if (!this.exit) return;
    const { exit } = this;
    this.exit = null;
    exit();
    document.documentElement.removeAttribute(ON);
    this.say();
  }

  private say(): void {
    const on = this.exit !== null;
    this.button.textContent = on ? "Stop presenting" : "Present";
    this.button.title = on ? "Stop presenting (Esc)" : "Present (F)";
    this.button.setAttribute("aria-keyshortcuts", on ? "Escape" : "F");
  }
}
