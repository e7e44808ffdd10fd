/** Elements ask for a file to be saved; what may save one listens: the page around a frame, or a page opened from disk. */
import { isSaved, type Saved } from "../core/saving";

const SAVE = "livedeck:save";

export function askToSave(node: HTMLElement, detail: Saved): void {
  node.dispatchEvent(new CustomEvent(SAVE, { detail, bubbles: true }));
}

/** `save` is called with what elements in this document ask for; so may the Deck's own scripts. */
export function onSave(save: (asked: Saved) => void): void {
  document.addEventListener(SAVE, ({ detail }: Event & { detail?: unknown }) => {
    if (isSaved(detail)) save(detail);
  });
}
