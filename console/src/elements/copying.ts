/** Copying from elements, in a frame without an origin. */

/** Put words on the clipboard; false where the browser does not let us. */
export function copySelected(words: string, near: HTMLElement): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = words;
  field.className = "ld-copied";
  near.append(field);
  field.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor asks for a permission that a sandbox has not
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  }
}
