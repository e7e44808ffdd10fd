/** What the views of sounds and films have in common: the browser's own player, with what is said of it. */
import { child, setText } from "./dom";

export interface Played {
  readonly src: string;
  readonly caption?: string;
  readonly note?: string;
}

/** Plays on until there is something else to play. */
export class Player {
  readonly node = document.createElement("figure");
  private readonly player: HTMLMediaElement;
  private readonly caption: HTMLElement;
  private readonly note: HTMLElement;

  constructor(private readonly plays: "audio" | "video") {
    this.node.className = `ld-element ld-${plays}`;
    this.player = child(this.node, plays, "") as HTMLMediaElement;
    this.caption = child(child(this.node, "figcaption", ""), "bdi", "");
    this.note = child(this.node, "p", `ld-${plays}-note`);
    this.player.controls = true;
    this.player.preload = "metadata";
  }

  update({ src, caption = "", note = "" }: Played): void {
    // Only what is inside may be played: an address elsewhere would not be fetched.
    const inside = src.startsWith(`data:${this.plays}/`) ? src : "";
    this.player.hidden = inside === "";
    if (this.player.getAttribute("src") !== inside && inside !== "") this.player.src = inside;
    if (inside === "") this.player.removeAttribute("src");
    this.player.setAttribute("aria-label", caption);
    setText(this.caption, caption);
    setText(this.note, note);
    this.note.hidden = note === "";
  }

  destroy(): void {
    this.player.removeAttribute("src");
  }
}
