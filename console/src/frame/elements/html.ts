/** Raw HTML. Scripts in it run, as they would in a page; the frame's sandbox is what holds them. */
import type { Html } from "../../protocol/deck.gen";
import { isWholeDocument } from "../markup";
import { PageScripts } from "../pageScripts";
import { elementNode, type ElementView } from "./element";
import { Fragment } from "./fragment";
import { Report } from "./report";

/** One for the document: a script on a tab may wait for what another has begun. */
export const pageScripts = new PageScripts();

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
