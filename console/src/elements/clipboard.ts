/** Put words on the clipboard; false where the browser does not let us. A frame without an origin may do no more than this. */
export function copy(near: HTMLElement, words: string): boolean {
  const field = document.createElement("textarea");
  field.value = words;
  field.className = "ld-clipboard";
  field.style.cssText = "position: fixed; left: -999px";
  const before = document.activeElement;
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
