// @vitest-environment jsdom
/** Every kind of element has all its parts: a kind that lacks one fails here. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { applyingOf } from "../../src/elements/applying";
import { summaryOf } from "../../src/elements/summaries";
import { viewingOf } from "../../src/elements/viewing";
import { TRAITS, type Element } from "../../src/protocol/deck.gen";

// Views ask for these while they are made; jsdom has none.
vi.hoisted(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  vi.stubGlobal("ResizeObserver", class { observe = () => undefined; disconnect = () => undefined; });
});

const path = resolve(import.meta.dirname, "examples.gen.json");
/** What `livedeck/deck/kinds` gives as examples. */
const EXAMPLES = JSON.parse(readFileSync(path, "utf-8")) as Record<string, Element>;

/** Kinds whose parts have names: appended to itself, such an element may be as it was. */
const BY_NAME: readonly string[] = ["bars", "histogram"];

describe.each(Object.keys(TRAITS))("%s", (kind) => {
  const example = EXAMPLES[kind];
  const applying = applyingOf(kind);
  const viewing = viewingOf(kind);
  if (!example) throw new Error(`${path} has no ${kind}: run scripts/generate_types.py`);
  if (!applying) throw new Error(`src/elements/${kind}/apply.ts exports no applying`);
  if (!viewing) throw new Error(`src/elements/${kind}/view.ts exports no viewing`);

  it("grows as its traits say, and leaves what came alone", () => {
    const before = structuredClone(example);
    const more = structuredClone(example);
    const after = applying.extend(before, more);
    expect(more).toEqual(example);
    if (BY_NAME.includes(kind)) expect(JSON.stringify(after).length).toBeGreaterThanOrEqual(JSON.stringify(example).length);
    else if (TRAITS[kind]?.grows) expect(JSON.stringify(after).length).toBeGreaterThan(JSON.stringify(example).length);
    else expect(after).toEqual(example);
  });

  it("appends to what is its own, and to a copy of what is kept", () => {
    const own = structuredClone(example);
    applying.own?.(own);
    const grown = structuredClone(applying.extend(own, example));
    const kept = structuredClone(example);
    applying.own?.(kept);
    applying.keep?.(kept);
    expect(applying.extend(kept, example)).toEqual(grown);
    expect(kept).toEqual(example);
  });

  it("fits into a headline in one of its forms, or does not stand in any", () => {
    expect([undefined, "bar", "figure", "lines"]).toContain(summaryOf(example)?.form);
  });

  it("has a view, of its kind, that shows every state", () => {
    const view = new viewing.View();
    document.body.replaceChildren(view.node);
    expect(view.kind).toBe(kind);
    expect([...view.node.classList]).toEqual(expect.arrayContaining(["ld-element", `ld-${kind}`]));
    for (const state of [example, applying.extend(structuredClone(example), example)]) view.update(state);
    view.rethemed?.();
    view.destroy?.();
  });
});
