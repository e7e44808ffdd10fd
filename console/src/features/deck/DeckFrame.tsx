import { useCallback, useEffect, useRef } from "react";
import { useTheme } from "../../bindings/theme";
import type { DeckSession } from "../../core/deckSession";
import { isOver } from "../../core/deckWords";
import { FramePort } from "../../core/framePort";
import type { DeckPhase } from "../../protocol/live.gen";
import { lookText, parseLook, type LookText } from "../../core/look";
import { fetchMaths } from "../../core/maths";
import { saveForViewer } from "../../core/saving";
import { StoppedFrame } from "./StoppedFrame";
import { useGuard, useTrust } from "./useGuard";

/** What the viewer has chosen to see of a Deck, as the address has it. */
export interface Seen extends LookText {
  readonly tab: string | null;
}

export interface Choosing {
  readonly seen: Seen;
  /** Put into the address what the viewer chose; the rest of it stays. */
  readonly choose: (changes: Partial<Seen>) => void;
}

interface DeckFrameProps {
  readonly session: DeckSession;
  readonly hidden: boolean;
  /** Null until the server has said it. */
  readonly phase: DeckPhase | null;
  readonly choosing: Choosing;
  /** The viewer pressed Escape in it. */
  readonly onLeave: () => void;
}

/** A Deck's script may say that it was chosen as often as it likes; browsers allow only so many changes of the address. */
const ADDRESS_AFTER_MS = 150;

/** The sandboxed frame that shows a document and applies what follows in place. */
export function DeckFrame({ session, hidden, phase, choosing, onLeave }: DeckFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const port = useRef<FramePort | null>(null);
  const trust = useTrust();
  const { misuse, letGo, reload } = trust;
  const ask = useCallback(() => port.current?.isActive() ?? Promise.resolve(false), []);
  useGuard(frame, trust, ask);
  const { dark } = useTheme();
  const over = phase !== null && isOver(phase);
  const now = useRef({ dark, over, choosing, onLeave });
  useEffect(() => {
    now.current = { dark, over, choosing, onLeave };
  }, [dark, over, choosing, onLeave]);
  useEffect(() => port.current?.theme(dark), [dark]);
  useEffect(() => port.current?.showOver(over), [over]);
  const { tab, zoom, hide } = choosing.seen;
  useEffect(() => {
    if (tab !== null) port.current?.showTab(tab);
  }, [tab]);
  // What the frame itself has said is not told to it again: it may be further by then.
  const known = useRef<LookText>({ zoom: null, hide: null });
  useEffect(() => {
    if (known.current.zoom === zoom && known.current.hide === hide) return;
    known.current = { zoom, hide };
    port.current?.showLook(parseLook({ zoom, hide }));
  }, [zoom, hide]);
  useEffect(() => {
    if (!frame.current) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let changes: Partial<Seen> = {};
    const choose = () => {
      const { zoom = known.current.zoom, hide = known.current.hide } = changes;
      known.current = { zoom, hide };
      now.current.choosing.choose(changes);
      changes = {};
    };
    const opened = new FramePort(frame.current, session, now.current.dark, {
      flooded: () => letGo("messages"),
      silent: () => letGo("silence"),
      full: () => letGo("memory"),
      maths: fetchMaths,
      reported: (message) => {
        if (message.type === "save") saveForViewer(message);
        if (message.type === "leave") now.current.onLeave();
        if (message.type !== "chosen" && message.type !== "look") return;
        Object.assign(changes, message.type === "chosen" ? { tab: message.name } : lookText(message));
        clearTimeout(timer);
        timer = setTimeout(choose, ADDRESS_AFTER_MS);
      },
    });
    const { seen } = now.current.choosing;
    if (seen.tab !== null) opened.showTab(seen.tab);
    opened.showOver(now.current.over);
    opened.showLook(parseLook(seen));
    known.current = seen;
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
