/** A sound in the browser's own player. What plays goes on until there is another sound. */
import type { Audio } from "../../protocol/deck.gen";
import type { ElementView, Viewing } from "../kind";
import { Player } from "../player";

export class AudioView extends Player implements ElementView<Audio> {
  readonly kind = "audio";

  constructor() {
    super("audio");
  }
}

export const viewing: Viewing<Audio> = { View: AudioView };
