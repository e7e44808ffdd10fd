/** A film in the browser's own player. What plays goes on until there is another film. */
import type { Video } from "../../protocol/deck.gen";
import { child, setText } from "../dom";
import type { ElementView, Viewing } from "../kind";

export class VideoView implements ElementView<Video> {
  readonly kind = "video";
  readonly node = document.createElement("figure");
  private readonly player = child(this.node, "video", "") as HTMLVideoElement;
  private readonly caption = child(child(this.node, "figcaption", ""), "bdi", "");
  private readonly note = child(this.node, "p", "ld-video-note");

  constructor() {
    this.node.className = "ld-element ld-video";
    this.player.controls = true;
    this.player.preload = "metadata";
  }

  update({ src, caption = "", note = "" }: Video): void {
    // Only what is inside may be played: an address elsewhere would not be fetched.
    const inside = src.startsWith("data:video/") ? src : "";
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

export const viewing: Viewing<Video> = { View: VideoView };
