/** The frame's port to the page around it: asked for with hello until the page hands one over. */
import type { FromFrame, ToFrame } from "../protocol/live.gen";
import { FrameSession, type Screen } from "./session";

/** Above `ANSWER_EVERY_MS` in `core/framePort.ts`. */
const HELLO_EVERY_MS = 250;

/**
 * Say hello to the page until it hands over a port, and show what comes through it. The page lets go of a port when it
 * hands over another (it may hear a second hello before the frame hears its answer), so the newest is the one to use.
 */
export function meetPage(screen: Screen): { readonly session: FrameSession | null } {
  const met: { session: FrameSession | null } = { session: null };
  const hello = () => window.parent.postMessage({ type: "livedeck:hello" }, "*");
  const again = setInterval(hello, HELLO_EVERY_MS);
  let open: MessagePort | null = null;
  window.addEventListener("message", (event: MessageEvent<{ type?: unknown } | null>) => {
    const port = event.ports[0];
    if (event.source !== window.parent || event.data?.type !== "livedeck:port" || !port) return;
    clearInterval(again);
    open?.close();
    open = port;
    const session = (met.session = new FrameSession(screen, (message: FromFrame) => port.postMessage(message)));
    port.onmessage = ({ data }: MessageEvent<ToFrame>) => session.receive(data);
  });
  hello();
  return met;
}
