// @vitest-environment jsdom
/** Fenced code is coloured by its language, and stays text. */
import { expect, it } from "vitest";
import { MarkdownView } from "../../../src/elements/markdown/view";

it.each([
  ["```python x\nif a < 1: # <b>\n```", '<pre><code><span class="ld-word-keyword">if</span> a &lt; <span class="ld-word-number">1</span>: <span class="ld-word-comment"># &lt;b&gt;</span>\n</code></pre>'],
  ["```\n<script>\n```", "<pre><code>&lt;script&gt;\n</code></pre>"],
  ["```\"><img src=x>\nx\n```", "<pre><code>x\n</code></pre>"],
  ["    if indented", "<pre><code>if indented\n</code></pre>"],
])("%s", (text, html) => {
  const view = new MarkdownView();
  view.update({ kind: "markdown", id: "m", text });
  expect(view.node.innerHTML.trim()).toBe(html);
});
