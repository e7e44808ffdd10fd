import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const TOKENS = resolve(ROOT, "../livedeck/deck/tokens.css");
const files = (pattern: RegExp): readonly (readonly [string, string])[] =>
  readdirSync(resolve(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => pattern.test(file))
    .map((file) => [file, readFileSync(resolve(ROOT, "src", file), "utf8")]);
const withoutComments = (css: string) => css.replace(/\/\*[^]*?\*\//g, "");

describe("styles of a feature", () => {
  it.each(files(/^features\/.*\.css$/))("reach only its own elements: %s", (file, css) => {
    const scope = `@scope ([data-feature="${basename(dirname(file))}"]) to (:scope [data-feature])`;
    const outside = withoutComments(css)
      .split("\n")
      .filter((line) => /^[^\s}]/.test(line));
    expect(outside.filter((line) => line !== `${scope} {` && !line.startsWith("@keyframes "))).toEqual([]);
  });
});

it("every custom property that the console uses is defined", () => {
  const sources = files(/^(app|bindings|features|ui)\/.*\.(css|tsx?)$/);
  const text = [...sources.map(([, content]) => content), readFileSync(TOKENS, "utf8")].join("\n");
  const used = new Set([...text.matchAll(/var\(--([\w-]+)/g)].map(([, name]) => name));
  const defined = new Set([...text.matchAll(/--([\w-]+)["']?\s*[:,\]]/g)].map(([, name]) => name));
  expect([...used].filter((name) => !defined.has(name))).toEqual([]);
});
