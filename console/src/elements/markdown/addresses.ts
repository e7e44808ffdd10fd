/** Which addresses Markdown may link to, or take a picture from: as markdown-it has it in a page without scripts. */

/** Schemes that run something, or that are the viewer's own files. */
const REFUSED = /^(javascript|vbscript|file|data):/;
const PICTURE = /^data:image\/(gif|png|jpeg|webp);/;

/** Whether an address may stand in a page: what a browser makes of it decides, not how it is written. */
export function mayStand(address: string): boolean {
  // Browsers leave out control characters and white space at both ends, and tabs and line ends within.
  // eslint-disable-next-line no-control-regex
  const read = address.replace(/^[\u0000-\u0020]+|[\t\n\r]|[\u0000-\u0020]+$/g, "").toLowerCase();
  return !REFUSED.test(read) || PICTURE.test(read);
}

/** Take the addresses that may not stand from what was rendered, before it is shown. */
export function withoutRefused(rendered: DocumentFragment): DocumentFragment {
  for (const name of ["href", "src"]) {
    for (const element of rendered.querySelectorAll(`[${name}]`)) {
      if (!mayStand(element.getAttribute(name) ?? "")) element.removeAttribute(name);
    }
  }
  return rendered;
}
