/** Elements ask for a file to be saved; what may save one listens: the page around a frame, or a page opened from disk. */

const SAVE = "livedeck:save";

export function askToSave(node: HTMLElement, text: string): void {
  node.dispatchEvent(new CustomEvent(SAVE, { detail: text, bubbles: true }));
}

/** `save` is called with what elements in this document ask for; so may the Deck's own scripts. */
export function onSave(save: (text: string) => void): void {
  document.addEventListener(SAVE, ({ detail }: Event & { detail?: unknown }) => {
    if (typeof detail === "string") save(detail);
  });
}
