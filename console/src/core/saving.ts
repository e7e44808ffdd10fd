/** Files that a Deck gives the viewer to save. */

/** What every such file is called: a Deck has no say in it. */
const NAME = "table.csv";
/** Milliseconds after which the browser has certainly begun to save. */
const TAKEN_MS = 60_000;

/** A click counts for some seconds: a script may not have saved as many files as it likes meanwhile. */
const ONE_EVERY_MS = 1000;
let savedAt = -Infinity;

/**
 * Save what a Deck's frame asks to, if the viewer has clicked or typed in the page or the frame just now: its scripts may
 * ask at any time. Returns whether it was saved.
 */
export function saveForViewer(text: string): boolean {
  // Older browsers do not say; there nothing is saved.
  const active = (navigator.userActivation as UserActivation | undefined)?.isActive ?? false;
  const now = performance.now();
  if (!active || now - savedAt < ONE_EVERY_MS) return false;
  savedAt = now;
  saveText(text);
  return true;
}

export function saveText(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = NAME;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), TAKEN_MS);
}
