/** Raw HTML. Scripts in it run, as they would in a page; the frame's sandbox is what holds them. */
import type { Html } from "../../protocol/deck.gen";
import { pageScripts } from "../../frame/pageScripts";
import { elementNode } from "../dom";
import type { ElementView, Viewing } from "../kind";
import { Fragment } from "./fragment";
import { actsOnDocument, isWholeDocument } from "./markup";
import { Report } from "./report";

export class HtmlView implements ElementView<Html> {
  readonly kind = "html";
  readonly node = elementNode("html");
  private shown: string | null = null;
  private content: Fragment | Report | null = null;

  update({ html }: Html): void {
    if (html === this.shown) return;
    this.shown = html;
    this.contentFor(html).update(html);
  }

  destroy(): void {
    this.content?.destroy();
  }

  private contentFor(html: string): Fragment | Report {
    const whole = isWholeDocument(html);
    if (this.content && this.content instanceof Report === whole) return this.content;
    this.content?.destroy();
    this.content = whole ? new Report(this.node) : new Fragment(this.node, pageScripts);
    return this.content;
  }
}

const acting = new WeakMap<Html, boolean>();

function actsOnTab(element: Html): boolean {
  const known = acting.get(element);
  if (known !== undefined) return known;
  const acts = typeof element.html === "string" && !isWholeDocument(element.html) && actsOnDocument(element.html);
  acting.set(element, acts);
  return acts;
}

export const viewing: Viewing<Html> = { View: HtmlView, actsOnTab, isPage: ({ html }) => isWholeDocument(html) };
