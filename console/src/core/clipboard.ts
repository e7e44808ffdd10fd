/** Copying to the clipboard, also where the page came over plain HTTP and browsers withhold `navigator.clipboard`. */

/**
 * Copy a text. Whether it worked.
 * @param beside where a field for the text may stand for a moment: in a modal dialog nothing outside can be selected.
 */
export async function copyText(text: string, beside: Element): Promise<boolean> {
  // The types promise it; an insecure context does not have it.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return copySelected(text, beside);
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, beside); // no permission, perhaps
  }
}

function copySelected(text: string, beside: Element): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true; // or a telephone opens its keyboard
  field.style.cssText = "position: fixed; top: 0; opacity: 0";
  beside.after(field);
  field.focus();
  field.select();
  try {
    // Deprecated, and the only way there is without a secure context.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
