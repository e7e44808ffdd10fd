// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import { meetPage } from "../../src/frame/pagePort";
import type { Document } from "../../src/protocol/deck.gen";
import { until } from "../core/surroundings";

it("asks until it is answered, and uses the newest port", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const asked = vi.spyOn(window.parent, "postMessage").mockImplementation(() => undefined);
  let shown: Document = {};
  meetPage({ show: (next) => void (shown = next), theme: () => undefined, tab: () => undefined, over: () => undefined, look: () => undefined, whenPainted: () => undefined });
  vi.advanceTimersByTime(500);
  expect(asked).toHaveBeenCalledTimes(3);

  const answer = (port: MessagePort) => {
    const data = { type: "livedeck:port" };
    window.dispatchEvent(new MessageEvent("message", { source: window.parent, data, ports: [port] }));
  };
  const [first, second] = [new MessageChannel(), new MessageChannel()];
  answer(first.port2);
  answer(second.port2);
  vi.advanceTimersByTime(1000);
  expect(asked).toHaveBeenCalledTimes(3);

  const reports: unknown[] = [];
  second.port1.onmessage = ({ data }: MessageEvent<unknown>) => void reports.push(data);
  first.port1.postMessage({ type: "document", document: { seq: 1 } });
  second.port1.postMessage({ type: "document", document: { seq: 2 } });
  await until(() => reports.length > 0);
  expect(reports).toEqual([{ type: "applied", seq: 2 }]);
  expect(shown.seq).toBe(2);
  first.port1.close();
  second.port1.close();
  vi.useRealTimers();
});

it("asks for the script that draws maths, and anew through another port where the first was closed", async () => {
  vi.spyOn(window.parent, "postMessage").mockImplementation(() => undefined);
  const page = meetPage({ show: () => undefined, theme: () => undefined, tab: () => undefined, over: () => undefined, look: () => undefined, whenPainted: () => undefined });
  const script = page.maths();
  for (const answers of [false, true]) {
    const { port1, port2 } = new MessageChannel();
    const asked = new Promise<unknown>((resolve) => (port1.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)));
    window.dispatchEvent(new MessageEvent("message", { source: window.parent, data: { type: "livedeck:port" }, ports: [port2] }));
    expect(await asked).toEqual({ type: "maths" });
    if (answers) port1.postMessage({ type: "maths", script: "x" });
    else port1.close();
    if (answers) {
      expect(await script).toBe("x");
      port1.close();
    }
  }
});
