/** A film in the browser's own player. What plays goes on until there is another film. */
import type { Video } from "../../protocol/deck.gen";
import type { ElementView, Viewing } from "../kind";
import { Player } from "../player";

export class VideoView extends Player implements ElementView<Video> {
  readonly kind = "video";

  constructor() {
    super("video");
  }
}

export const viewing: Viewing<Video> = { View: VideoView };
