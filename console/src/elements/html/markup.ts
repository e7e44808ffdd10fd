/**
 * What a piece of HTML needs around it. Read off its text, the same way as `livedeck/deck/markup.py` does for the
 * saved page; a word too many found only costs a frame.
 */

/** A whole page: it has a head, a body or styles of its own, and expects to be alone. */
const WHOLE = /^\uFEFF?\s*(?:<!--[\s\S]*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)[\s>]/i;

/** What acts on the document that it stands in, beyond its own place. */
const ACTS =
  /<(?:script|style|link|meta|base|body|html|iframe|frameset|object|embed|dialog)[\s/>]|[\s/"']on[a-z]+\s*=|javascript:|position\s*:\s*(?:fixed|sticky)/i;

export function isWholeDocument(html: string): boolean {
  return WHOLE.test(html);
}

/** Whether scripts or styles in it reach what stands around it. */
export function actsOnDocument(html: string): boolean {
  return ACTS.test(html);
}
