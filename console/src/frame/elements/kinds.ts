/** Which view shows which kind of element. A kind that is added to ops.py fails to compile here until it has one. */
import type { Element } from "../../protocol/deck.gen";
import { ChartView } from "./chart";
import type { ElementView } from "./element";
import { HtmlView } from "./html";
import { MarkdownView } from "./markdown";
import { ProgressView } from "./progress";
import { ValueView } from "./value";

const VIEWS = {
  html: HtmlView,
  markdown: MarkdownView,
  progress: ProgressView,
  value: ValueView,
  chart: ChartView,
} satisfies Record<Element["kind"], new () => unknown>;

export function viewOf(kind: Element["kind"]): ElementView {
  // Each view takes its own kind; the caller pairs them by `kind`.
  return new VIEWS[kind]();
}
