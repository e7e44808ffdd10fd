// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import { meetPage } from "../../src/frame/pagePort";
import type { Document } from "../../src/protocol/deck.gen";
import { until } from "../core/surroundings";

it("asks until it is answered, and uses the newest port", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const asked = vi.spyOn(window.parent, "postMessage").mockImplementation(() => undefined);
  let shown: Document = {};
  meetPage({ show: (next) => void (shown = next), theme: () => undefined, tab: () => undefined, look: () => undefined, whenPainted: () => undefined });
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
