import { useEffect, useRef } from "react";
import { useTheme } from "../../bindings/theme";
import type { DeckSession } from "../../core/deckSession";
import { FramePort } from "../../core/framePort";

/** The sandboxed frame that shows a document and applies what follows in place. */
export function DeckFrame({ session, hidden }: { readonly session: DeckSession; readonly hidden: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const port = useRef<FramePort | null>(null);
  const { dark } = useTheme();
  const darkNow = useRef(dark);
  useEffect(() => {
    darkNow.current = dark;
    port.current?.theme(dark);
  }, [dark]);
  useEffect(() => {
    if (!frame.current) return undefined;
    const opened = new FramePort(frame.current, session, darkNow.current);
    port.current = opened;
    // Only now: the listener for the frame's first message is there before the frame is.
    frame.current.src = "/decks/frame";
    return () => opened.close();
  }, [session]);
  return (
    <iframe
      ref={frame}
      className="deck-frame deck-frame-live"
      title="Deck"
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      hidden={hidden}
    />
  );
}
