/** A sound in the browser's own player. What plays goes on until there is another sound. */
import type { Audio } from "../../protocol/deck.gen";
import { child, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

export class AudioView implements ElementView<Audio> {
  readonly kind = "audio";
  readonly node = document.createElement("figure");
  private readonly player = child(this.node, "audio", "") as HTMLAudioElement;
  private readonly caption = child(child(this.node, "figcaption", ""), "bdi", "");
  private readonly note = child(this.node, "p", "ld-audio-note");

  constructor() {
    this.node.className = "ld-element ld-audio";
    this.player.controls = true;
    this.player.preload = "metadata";
  }

  update({ src, caption = "", note = "" }: Audio): void {
    // Only what is inside may be played: an address elsewhere would not be fetched.
    const inside = src.startsWith("data:audio/") ? src : "";
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

export const viewing: Viewing<Audio> = { View: AudioView };
