/** Which elements stand in which: the same cases as `tests/deck/test_arrangement.py`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { arranged, runs, type Placed } from "../../src/document/arrangement";
import type { Element } from "../../src/protocol/deck.gen";

interface Box {
  readonly group: string;
  readonly title: string;
  readonly placed: readonly (readonly [string, readonly Box[]])[];
}

interface Case {
  readonly name: string;
  readonly elements: readonly Element[];
  readonly shown: readonly Box[];
}

const path = resolve(import.meta.dirname, "../../../tests/fixtures/arrangement_cases.json");
const CASES = JSON.parse(readFileSync(path, "utf-8")) as Case[];

function boxes(placed: readonly Placed[], holder: Element | null = null): Box[] {
  return runs(placed, holder).map(({ group, title, placed: members }) => ({
    group,
    title,
    placed: members.map(({ element, children }) => [element.id, boxes(children, element)] as const),
  }));
}

describe("elements", () => {
  it.each(CASES.map((each) => [each.name, each] as const))("stand where the cases say: %s", (_name, { elements, shown }) => {
    expect(boxes(arranged(elements))).toEqual(shown);
  });

  it("are not grouped where that is not wanted yet", () => {
    const charts = CASES.find(({ name }) => name === "many charts are grouped by prefix")?.elements ?? [];
    expect(runs(arranged(charts), null, () => false)).toHaveLength(1);
  });

  it("in a chain of ten thousand are no matter", () => {
    const chain = Array.from({ length: 10_000 }, (_, index): Element => ({ kind: "layout", form: "section", id: `${10_000 - index}`, children: [`${10_001 - index}`] }));
    expect(arranged(chain).length).toBeGreaterThan(1000);
  });
});
