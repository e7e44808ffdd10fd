import { describe, expect, it } from "vitest";
import { SseParser, type ServerEvent } from "../../src/core/sse";

const parse = (...pieces: string[]): ServerEvent[] => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe("SseParser", () => {
  it("reads events with names, ids and data of several lines", () => {
    expect(parse("event: segment\nid: 0.7\ndata: one\ndata: two\n\n")).toEqual([
      { event: "segment", id: "0.7", data: "one\ntwo" },
    ]);
  });

  it("reads the same however the text is cut", () => {
    const text = ": ping\r\n\r\nevent: a\r\ndata: 1\r\n\r\nid: 5\ndata:2\n\ndata\n\n";
    const whole = parse(text);
    expect(whole).toEqual([
      { event: "a", id: "", data: "1" },
      { event: "message", id: "5", data: "2" },
      { event: "message", id: "5", data: "" },
    ]);
    for (let cut = 0; cut <= text.length; cut++) expect(parse(text.slice(0, cut), text.slice(cut))).toEqual(whole);
    expect(parse(...Array.from(text))).toEqual(whole);
  });

  it("keeps the id for the events that have none, and drops an unfinished event", () => {
    expect(parse("id: 1\ndata: x\n\ndata: y\n\ndata: unfinished\n")).toEqual([
      { event: "message", id: "1", data: "x" },
      { event: "message", id: "1", data: "y" },
    ]);
  });
});
