import { describe, expect, it } from "vitest";
import { rowsOf } from "../../../src/elements/chart/rows";

describe("the points of a chart as rows", () => {
  const chart = { kind: "chart", id: "c", title: "loss", series: [{ name: "v", x: [1714565130, 1714565130.1, 1714565130.123457], y: [1, 2, null] }] } as const;

  it("have times as exact as they came", () => {
    expect(rowsOf({ ...chart, zone: "UTC" })).toEqual([
      ["x", "v"],
      ["2024-05-01T12:05:30Z", "1"],
      ["2024-05-01T12:05:30.1Z", "2"],
      ["2024-05-01T12:05:30.123457Z", ""],
    ]);
    expect(rowsOf({ ...chart, zone: "", x_label: "at" })[1]).toEqual(["2024-05-01T12:05:30", "1"]);
  });

  it("have a row for each x, with all lines", () => {
    const series = [{ name: "a", x: [2, 1], y: [0.5, 0.25] }, { name: "b", x: [2], y: [4] }];
    expect(rowsOf({ ...chart, series })).toEqual([["x", "a", "b"], ["1", "0.25", ""], ["2", "0.5", "4"]]);
  });
});
