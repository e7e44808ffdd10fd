import { describe, expect, it } from "vitest";
import { LineBuffer, LogSession } from "../../src/core/logSession";
import { FakeSurroundings } from "./surroundings";

const lines = (...pieces: string[]) => {
  const buffer = new LineBuffer();
  for (const piece of pieces) buffer.push(piece);
  return buffer.lines;
};

describe("LineBuffer", () => {
  it("joins lines that were cut, and shows the unfinished last one", () => {
    expect(lines("one\ntw", "o\nthree")).toEqual(["one", "two", "three"]);
    expect(lines("one\n", "", "two\n")).toEqual(["one", "two"]);
    expect(lines("a", "b", "\n", "c")).toEqual(["ab", "c"]);
  });

  it("keeps empty lines", () => {
    expect(lines("one\n\n", "\ntwo\n")).toEqual(["one", "", "", "two"]);
  });

  it("starts a line over at a carriage return, as a progress bar does", () => {
    expect(lines("10 %\r50", " %\r100 %\ndone\r\n")).toEqual(["100 %", "done"]);
  });

  it("keeps of an unfinished line only what can still be seen", () => {
    const buffer = new LineBuffer();
    const open = () => (buffer as unknown as { readonly open: string }).open;
    for (let step = 0; step < 1000; step++) buffer.push(`\r${step} of 1000 |${"█".repeat(50)}|`);
    expect(open().length).toBeLessThan(100);
    buffer.push("\r");
    expect(buffer.lines).toEqual([`999 of 1000 |${"█".repeat(50)}|`]);
    buffer.push("\n\r\r");
    buffer.push("done\r\r\r");
    expect(open()).toBe("done\r");
    buffer.push("\n");
    expect(buffer.lines).toEqual([`999 of 1000 |${"█".repeat(50)}|`, "done"]);
  });

  it("joins an escape sequence that was cut", () => {
    expect(lines("a\u001b[1;3", "2mb", "\u001b[0m\rc")).toEqual(["c"]);
    expect(lines("a\u001b[1;3", "2mb", "\u001b[0m")).toEqual(["ab"]);
  });

  it("cuts a line that goes on and on, and says so", () => {
    const most = 64 * 1024;
    const whole = "x".repeat(most);
    const cut = `${whole} … (the line goes on)`;
    expect(lines(whole, "\n")).toEqual([whole]);
    expect(lines(`${whole}y\n`)).toEqual([cut]);
    expect(lines(whole, whole, "y".repeat(10), "\nnext")).toEqual([cut, "next"]);
    expect(lines(`${whole}${whole}\r`, "over")).toEqual(["over"]);
  });

  it("leaves out escape sequences", () => {
    expect(lines("\u001b[1;32mok\u001b[0m \u001b]0;title\u0007x\n")).toEqual(["ok x"]);
  });

  it("lets the oldest lines go beyond its bound, and counts them", () => {
    const buffer = new LineBuffer();
    buffer.push("x\n".repeat(230_000));
    expect(buffer.lines).toHaveLength(200_000);
    expect(buffer.dropped).toBe(30_000);
  });
});

describe("LogSession", () => {
  it("follows a log, takes each chunk once, and ends", async () => {
    const around = new FakeSurroundings();
    const session = new LogSession("p/d/e/n0/0", around);
    await around.last.open();
    await around.last.send("chunk", { seq: 1, text: "one\n" }, "0.1");
    await around.last.drop();
    await around.tick();
    expect(around.last.lastEventId).toBe("0.1");
    await around.last.open();
    await around.last.send("chunk", { seq: 1, text: "one\n" }, "0.1");
    await around.last.send("chunk", { seq: 2, text: "two\n" }, "0.2");
    await around.last.send("end", {});
    expect(session.view.get().lines).toEqual(["one", "two"]);
    expect(session.view.get().stream.status).toBe("ended");
  });
});
