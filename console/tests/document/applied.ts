/** What the browser makes of the logs that `tests/deck/test_browser_apply.py` thinks up; it asks through `serve.mjs`. */
import { applySegment, keepDocument, ownDocument } from "../../src/document/apply";
import type { Document, Segment } from "../../src/protocol/deck.gen";

export interface Run {
  readonly start: Document;
  readonly segments: readonly Segment[];
  /** Whether the document is the page's own from the start, as what a stream has sent is. */
  readonly owned: boolean;
  /** After how many segments somebody keeps the document as it is then, as a page that is paused does. */
  readonly keptAfter: number;
}

export interface Applied {
  readonly document: Document;
  /** What was to stay as it was, and did not. */
  readonly spoilt: readonly string[];
}

export function applied({ start, segments, owned, keptAfter }: Run): Applied {
  const checks = [stays("a segment", segments)];
  if (owned) ownDocument(start);
  else checks.push(stays("the document before", start));
  let document = start;
  for (let count = 0; count <= segments.length; count++) {
    if (count === keptAfter) {
      keepDocument(document);
      checks.push(stays("what is kept", document));
    }
    const next = segments[count];
    if (next) document = applySegment(document, next);
  }
  return { document, spoilt: checks.flatMap((check) => check()) };
}

/** Names a value, later, if it is not what it was. */
function stays(name: string, value: unknown): () => string[] {
  const before = JSON.stringify(value);
  return () => (JSON.stringify(value) === before ? [] : [name]);
}
