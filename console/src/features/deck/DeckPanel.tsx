import { useRef, type ReactNode } from "react";
import { useReadable } from "../../bindings/useReadable";
import { useSession } from "../../bindings/useSession";
import type { SharedLink } from "../../core/api";
import { DeckSession, type DeckView } from "../../core/deckSession";
import { deckWords, earlierAttempt, unreadableWords, withoutQueue } from "../../core/deckWords";
import type { DeckState } from "../../protocol/live.gen";
import { Banner } from "../../ui/Banner";
import { RefusedBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import "./deck.css";
import { DeckFrame, type Choosing, type Seen } from "./DeckFrame";
import { DeckToolbar } from "./DeckToolbar";
import { ForeignFrame } from "./ForeignFrame";
import { usePresenting } from "./usePresenting";

export interface DeckPanelProps {
  /** Where the Deck's events come from. */
  readonly streamUrl: string;
  /** Where `deck.html` itself lies, for the attempt that the server shows. */
  readonly rawUrl: (attempt: number) => string;
  readonly share: ((attempt: number) => Promise<SharedLink>) | null;
  readonly choosing: Choosing;
  /** Whether what is around the panel says what a queued task waits for. */
  readonly queueShown?: boolean;
  /** A way to the run that filled the cache. */
  readonly source?: (source: string) => ReactNode;
  /** A way to the latest attempt, for who looks at an earlier one. */
  readonly latest?: ReactNode;
}

const open = (url: string) => new DeckSession(url);

/** A Deck with everything around it: its state in words, its age, pause, download, a link, and a way to show it alone. */
export function DeckPanel(props: DeckPanelProps) {
  const session = useSession(props.streamUrl, open);
  return session ? <OpenDeck {...props} session={session} /> : <Skeleton label="Opening the Deck" />;
}

function OpenDeck({ session, rawUrl, share, choosing, queueShown = false, source, latest }: DeckPanelProps & { readonly session: DeckSession }) {
  const view = useReadable(session.view);
  const panel = useRef<HTMLElement>(null);
  const presenting = usePresenting(panel);
  const attempt = view.state?.attempt ?? 0;
  return (
    <section ref={panel} data-feature="deck" data-presenting={presenting.on || undefined} aria-label="Deck">
      <DeckToolbar
        session={session}
        view={view}
        rawUrl={rawUrl(attempt)}
        share={share && (() => share(attempt).then((link) => ({ ...link, url: urlOf(link.url, choosing.seen) })))}
        presenting={presenting}
      />
      <div className="deck-banners">
        <RefusedBanner stream={view.stream} />
        {view.state && <StateBanner state={view.state} source={source} latest={latest} />}
        {view.unreadable.length > 0 && (
          <Banner tone="warn" title="Part of this Deck cannot be read.">
            {unreadableWords(view.unreadable)}
          </Banner>
        )}
      </div>
      <DeckBody session={session} view={view} rawUrl={rawUrl(attempt)} choosing={choosing} queueShown={queueShown} onLeave={presenting.leave} />
    </section>
  );
}

/** A link that shows what is seen here. */
function urlOf(link: string, { tab, zoom, hide }: Seen): string {
  const url = new URL(link);
  for (const [name, value] of Object.entries({ tab, zoom, hide })) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}

interface StateBannerProps {
  readonly state: DeckState;
  readonly source: ((source: string) => ReactNode) | undefined;
  readonly latest: ReactNode;
}

const TONES = { live: "info", waiting: "info", good: "good", bad: "bad", warn: "warn", info: "info" } as const;

function StateBanner({ state, source, latest }: StateBannerProps) {
  const { banner, tone } = deckWords(state);
  const earlier = earlierAttempt(state);
  return (
    <>
      {earlier && (
        <Banner tone="info" icon="retry" title={earlier}>
          The task was retried. {latest}
        </Banner>
      )}
      {banner && (
        <Banner tone={TONES[tone]} icon={state.source ? "copy" : "warning"} title={banner.title}>
          {banner.text} {state.source && source?.(state.source)}
        </Banner>
      )}
    </>
  );
}

interface DeckBodyProps {
  readonly session: DeckSession;
  readonly view: DeckView;
  readonly rawUrl: string;
  readonly choosing: Choosing;
  readonly queueShown: boolean;
  readonly onLeave: () => void;
}

function DeckBody({ session, view, rawUrl, choosing, queueShown, onLeave }: DeckBodyProps) {
  const { state, stream } = view;
  if (view.etag) return <ForeignFrame url={rawUrl} etag={view.etag} />;
  if (!state && !view.hasDocument) {
    if (stream.status === "refused") return <Empty icon="deck" title="No Deck to show" />;
    return <Skeleton label="Opening the Deck" lines={6} />;
  }
  const nothing = view.empty || state?.phase === "none";
  return (
    <>
      {nothing && state && <NoDeck state={queueShown ? withoutQueue(state) : state} />}
      {/* While there is nothing to show the frame gets ready, so that the first update does not wait for it. */}
      {view.hasDocument && <DeckFrame session={session} hidden={nothing} phase={state?.phase ?? null} choosing={choosing} onLeave={onLeave} />}
    </>
  );
}

function NoDeck({ state }: { readonly state: DeckState }) {
  const { title, text } = deckWords(state).empty;
  return (
    <Empty icon="deck" title={title}>
      {text}
    </Empty>
  );
}
