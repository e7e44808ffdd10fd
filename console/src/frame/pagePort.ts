/** The frame's port to the page around it: asked for with hello until the page hands one over. */
import type { FromFrame, ToFrame } from "../protocol/live.gen";
import { FrameSession, type Screen } from "./session";

/** Above `ANSWER_EVERY_MS` in `core/framePort.ts`. */
const HELLO_EVERY_MS = 250;

export interface MetPage {
  /** Null until the page has answered. */
  readonly session: FrameSession | null;
  /** The script that draws maths; nothing where the page does not have it. */
  readonly maths: () => Promise<string>;
}

/**
 * Say hello to the page until it hands over a port, and show what comes through it. The page lets go of a port when it
 * hands over another (it may hear a second hello before the frame hears its answer), so the newest is the one to use.
 */
export function meetPage(screen: Screen): MetPage {
  const waiting: ((script: string) => void)[] = [];
  const gotMaths = (script: string) => waiting.splice(0).forEach((resolve) => resolve(script));
  const met: { -readonly [K in keyof MetPage]: MetPage[K] } = {
    session: null,
    maths: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        met.session?.askForMaths();
      }),
  };
  const hello = () => window.parent.postMessage({ type: "livedeck:hello" }, "*");
  const again = setInterval(hello, HELLO_EVERY_MS);
  let open: MessagePort | null = null;
  window.addEventListener("message", (event: MessageEvent<{ type?: unknown } | null>) => {
    const port = event.ports[0];
    if (event.source !== window.parent || event.data?.type !== "livedeck:port" || !port) return;
    clearInterval(again);
    open?.close();
    open = port;
    const session = (met.session = new FrameSession(screen, (message: FromFrame) => port.postMessage(message), gotMaths));
    if (waiting.length > 0) session.askForMaths(); // the port that was asked through is closed
    port.onmessage = ({ data }: MessageEvent<ToFrame>) => session.receive(data);
  });
  hello();
  return met;
}
