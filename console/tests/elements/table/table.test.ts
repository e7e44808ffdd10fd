// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { applying } from "../../../src/elements/table/apply";
import { asCsv } from "../../../src/elements/table/csv";
import { pathOf } from "../../../src/elements/table/drawing";
import { Order, testOf } from "../../../src/elements/table/order";
import { TableView } from "../../../src/elements/table/view";
import type { Table } from "../../../src/protocol/deck.gen";

vi.hoisted(() => {
  vi.stubGlobal("ResizeObserver", class { observe = () => undefined; disconnect = () => undefined; });
});

const COLUMNS = [{ name: "n", type: "number" }, { name: "word", type: "text" }] as const;
const table = (rows: Table["rows"], more: Partial<Table> = {}): Table => ({ kind: "table", id: "t", columns: COLUMNS, rows: rows ?? [], ...more });
const many = (count: number) => table(Array.from({ length: count }, (_, n) => [n, `word ${n}`]));

describe("Order", () => {
  const rows = table([[2, "b"], [null, "a"], [10, "c"], [2, "a"]]);
  const places = (column: string | null, down = false, filters: [string, string][] = [], search = "") =>
    new Order().places(rows, column === null ? null : { column, down }, new Map(filters), search);

  it("leaves rows as they came until somebody asks", () => expect(places(null)).toBeNull());

  it("sorts both ways, what is empty last, and equal rows as they came", () => {
    expect(places("n")).toEqual([0, 3, 2, 1]);
    expect(places("n", true)).toEqual([2, 0, 3, 1]);
    expect(places("word")).toEqual([1, 3, 0, 2]);
  });

  it("finds what was typed, in all columns or in one", () => {
    expect(places(null, false, [], "A")).toEqual([1, 3]);
    expect(places(null, false, [["n", ">= 2"], ["word", "a"]])).toEqual([3]);
    expect(places(null, false, [["none such", "x"]])).toEqual([0, 1, 2, 3]);
  });

  it("looks anew when rows have come in", () => {
    const order = new Order();
    expect(order.places(rows, { column: "n", down: false }, new Map(), "")).toHaveLength(4);
    expect(order.places(applying.extend(rows, table([[0, "new"]])), { column: "n", down: false }, new Map(), "")?.[0]).toBe(4);
  });

  it.each([
    ["> 1", 2, true],
    ["<1", 2, false],
    ["= 1,000", 1000, true],
    ["!= 2", 2, false],
    ["1..3", 3, true],
    ["1..3", 3.5, false],
    ["1", 21, true],
    ["> x", 2, false],
  ] as const)("%s of a number", (words, number, passes) => {
    expect(testOf(words, COLUMNS[0])(number)).toBe(passes);
  });
});

describe("asCsv", () => {
  it("quotes what has to be, leaves nothing to run, and keeps numbers and times exact", () => {
    const columns = [{ name: "a,b" }, { name: "at", type: "time", zone: "UTC" }, { name: "day", type: "time" }] as const;
    const rows = [['say "x"', 0.5, 86_400], ["=1+1", null], ["-5", 1e-9], [[1, null]], [-1.5e-7], [1, 1714565130.123457], [2, 0.9999999]];
    expect(asCsv({ kind: "table", id: "t", columns, rows }, null)).toBe(
      [
        '"a,b",at,day',
        '"say ""x""",1970-01-01T00:00:00.5Z,1970-01-02T00:00:00',
        "'=1+1,,",
        "-5,1970-01-01T00:00:00Z,",
        '"[1,null]",,',
        "-1.5e-7,,",
        "1,2024-05-01T12:05:30.123457Z,",
        "2,1970-01-01T00:00:01Z,",
        "",
      ].join("\r\n"),
    );
  });

  it.each(["=1+1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\uff1d1"])("leaves %j nothing to run", (words) => {
    expect(asCsv(table([[words]], { columns: [{ name: "a" }] }), null)).toContain(`\n'${words}`);
  });

  it.each(["-5", "+5", "-.5e-3", "x=1", ""])("leaves %j as it is", (words) => {
    expect(asCsv(table([[words]], { columns: [{ name: "a" }] }), null)).toBe(`a\r\n${words}\r\n`);
  });

  it("has the rows that are shown, in their order", () => expect(asCsv(many(3), [2, 0])).toBe("n,word\r\n2,word 2\r\n0,word 0\r\n"));
});

describe("pathOf", () => {
  it("leaves gaps, and draws a point that is alone", () => expect(pathOf([1, null, 2, 3])).toBe("M2.0 17.0h0M63.3 10.0L94.0 3.0"));
  it("draws what does not change in the middle, and nothing of nothing", () => {
    expect(pathOf([5, 5])).toBe("M2.0 10.0L94.0 10.0");
    expect(pathOf([null])).toBe("");
  });
});

describe("TableView", () => {
  let view: TableView;
  const lines = () => [...view.node.querySelectorAll<HTMLTableRowElement>("tbody tr")];
  const words = (at: number) => lines().map((line) => line.cells[at]?.textContent);

  beforeEach(() => {
    view = new TableView();
    document.body.replaceChildren(view.node);
  });

  it("has the rows in sight in the page, and says how many there are", () => {
    view.update(many(100_000));
    expect(lines().length).toBeLessThan(50);
    expect(view.node.querySelector(".ld-table-count")?.textContent).toBe("100,000 rows");
    expect(view.node.querySelector("table")?.getAttribute("aria-rowcount")).toBe("100001");
  });

  it("shows cells as text, links that lead out of the page only, and images that are inside", () => {
    const columns = [{ name: "<i>", type: "link" }, { name: "face", type: "image" }] as const;
    const rows = [["javascript:alert(1)", "https://example.org/a.png"], ["https://example.org/", "data:image/png;base64,AA=="]] as const;
    view.update(table(rows, { columns }));
    expect(view.node.querySelectorAll("a")).toHaveLength(1);
    expect(view.node.querySelector("a")?.rel).toContain("noopener");
    expect(view.node.querySelectorAll("img")).toHaveLength(1);
    expect(view.node.querySelector("th bdi")?.textContent).toBe("<i>");
    expect(words(0)).toEqual(["javascript:alert(1)", "https://example.org/"]);
  });

  it("says that rows are a sample, in how many columns, and what came since; below stands a summary of each column", async () => {
    const profile = { sampled: 2, width: 2, columns: [{ name: "column", type: "text" }, { name: "histogram", type: "sparkline" }], rows: [["n", [0, 3, 1, 0]], ["word", null]] } as const;
    const sample = table([[1, "a"], [9, "b"]], { total: 1_200_000, profile });
    const count = () => view.node.querySelector(":scope > .ld-table-count")?.textContent;
    view.update(sample);
    expect(count()).toBe("1,200,000 rows: a sample of 2, and a summary of each column");
    const summary = view.node.querySelector(".ld-table-profile");
    expect([...(summary?.querySelectorAll("tbody tr") ?? [])].map((line) => line.firstElementChild?.textContent)).toEqual(["n", "word"]);
    expect(summary?.querySelector(".ld-table-line path")?.getAttribute("d")).toMatch(/^M/);
    view.update(applying.extend(sample, table([[10, "c"]])));
    await vi.waitFor(() => expect(count()).toMatch(/; 1 added since$/));
    view.update({ ...sample, profile: { ...profile, width: 3 } });
    await vi.waitFor(() => expect(count()).toBe("1,200,000 rows: a sample of 2, in 2 of 3 columns, and a summary of 2 columns"));
    view.update(table([[1, "a"]]));
    await vi.waitFor(() => expect(count()).toBe("1 row"));
    expect(view.node.querySelector(".ld-table-profile")).toBeNull();
    view.destroy();
  });

  it("sorts by a click on a name, says so, and goes on while rows come in", async () => {
    const first = table([[2, "b"], [1, "a"]]);
    view.update(first);
    view.node.querySelector<HTMLButtonElement>(".ld-table-name")?.click();
    await vi.waitFor(() => expect(words(0)).toEqual(["1", "2"]));
    expect(view.node.querySelector("th")?.getAttribute("aria-sort")).toBe("ascending");
    view.update(applying.extend(first, table([[0, "c"]])));
    await vi.waitFor(() => expect(words(0)).toEqual(["0", "1", "2"]));
  });

  it("filters by column, counts what is left, and forgets it when filters are put away", async () => {
    view.update(many(20));
    const [filter] = [...view.node.querySelectorAll("button")].filter((each) => each.textContent === "Filter");
    filter?.click();
    const field = view.node.querySelector<HTMLInputElement>(".ld-table-filters input");
    if (!field) throw new Error("there is no filter");
    field.value = "> 17";
    field.dispatchEvent(new Event("input"));
    await vi.waitFor(() => expect(words(1)).toEqual(["word 18", "word 19"]));
    expect(view.node.querySelector(".ld-table-count")?.textContent).toBe("2 of 20 rows");
    filter?.click();
    await vi.waitFor(() => expect(lines()).toHaveLength(20));
  });

  it("keeps the key's column in sight, and others as the viewer says", async () => {
    view.update(table([[1, "a"]], { key: "n" }));
    const frozen = () => lines().map((line) => [...line.cells].map((cell) => cell.classList.contains("ld-table-frozen")));
    expect(frozen()).toEqual([[true, false]]);
    view.node.querySelectorAll<HTMLButtonElement>(".ld-table-pin")[1]?.click();
    await vi.waitFor(() => expect(frozen()).toEqual([[true, true]]));
  });

  it("is as wide as the arrow keys make it", () => {
    view.update(table([[1, "a"]]));
    const [column] = [...view.node.querySelectorAll("col")];
    const before = parseInt(column?.style.width ?? "");
    view.node.querySelector(".ld-table-edge")?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    expect(parseInt(column?.style.width ?? "")).toBe(before + 16);
  });

  it("says how much of the data is not here", () => {
    view.update(table([[1, "a"]], { total: 7 }));
    expect(view.node.querySelector(".ld-table-count")?.textContent).toBe("7 rows, the first 1 are here");
  });
});
