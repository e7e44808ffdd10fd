import { useCallback, useEffect, useRef } from "react";
import { useTheme } from "../../bindings/theme";
import type { DeckSession } from "../../core/deckSession";
import { FramePort } from "../../core/framePort";
import { saveForViewer } from "../../core/saving";
import { StoppedFrame } from "./StoppedFrame";
import { useGuard, useTrust } from "./useGuard";

/** The tab on show, which the address names. */
export interface ChosenTab {
  readonly name: string | null;
  readonly choose: (name: string) => void;
}

interface DeckFrameProps {
  readonly session: DeckSession;
  readonly hidden: boolean;
  readonly tab: ChosenTab;
}

/** A Deck's script may say that it was chosen as often as it likes; browsers allow only so many changes of the address. */
const ADDRESS_AFTER_MS = 150;

/** The sandboxed frame that shows a document and applies what follows in place. */
export function DeckFrame({ session, hidden, tab }: DeckFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const port = useRef<FramePort | null>(null);
  const trust = useTrust();
  const { misuse, letGo, reload } = trust;
  const ask = useCallback(() => port.current?.isActive() ?? Promise.resolve(false), []);
  useGuard(frame, trust, ask);
  const { dark } = useTheme();
  const now = useRef({ dark, tab });
  useEffect(() => {
    now.current = { dark, tab };
  }, [dark, tab]);
  useEffect(() => port.current?.theme(dark), [dark]);
  useEffect(() => {
    if (tab.name !== null) port.current?.showTab(tab.name);
  }, [tab.name]);
  useEffect(() => {
    if (!frame.current) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const opened = new FramePort(frame.current, session, now.current.dark, {
      flooded: () => letGo("messages"),
      silent: () => letGo("silence"),
      reported: (message) => {
        if (message.type === "save") saveForViewer(message);
        if (message.type !== "chosen") return;
        clearTimeout(timer);
        timer = setTimeout(() => now.current.tab.choose(message.name), ADDRESS_AFTER_MS);
      },
    });
    if (now.current.tab.name !== null) opened.showTab(now.current.tab.name);
    port.current = opened;
    // Only now: the listener for the frame's first message is there before the frame is.
    frame.current.src = "/decks/frame";
    return () => {
      clearTimeout(timer);
      opened.close();
    };
  }, [session, misuse, letGo]);
  if (misuse !== null) return <StoppedFrame misuse={misuse} onReload={reload} />;
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
