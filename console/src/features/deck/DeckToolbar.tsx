import { useState } from "react";
import type { SharedLink } from "../../core/api";
import type { DeckSession, DeckView } from "../../core/deckSession";
import { deckMark, type DeckMark } from "../../core/deckWords";
import { formatFullTime, formatTime } from "../../core/durations";
import type { DeckState } from "../../protocol/live.gen";
import { IconButton } from "../../ui/Button";
import { Icon } from "../../ui/icons";
import { Age } from "../../ui/Ticking";
import { Toolbar } from "../../ui/Toolbar";
import { PublishHealth } from "./PublishHealth";
import { ShareDialog } from "./ShareDialog";
import type { Presenting } from "./usePresenting";

interface DeckToolbarProps {
  readonly session: DeckSession;
  readonly view: DeckView;
  readonly rawUrl: string;
  /** Null where the link that leads here is all there is to share. */
  readonly share: (() => Promise<SharedLink>) | null;
  readonly presenting: Presenting;
}

export function DeckToolbar({ session, view, rawUrl, share, presenting }: DeckToolbarProps) {
  const [sharing, setSharing] = useState(false);
  const { state, paused } = view;
  const followable = view.stream.status !== "ended" && view.stream.status !== "refused";
  const something = !view.empty || view.etag !== null;
  return (
    <Toolbar label="Deck">
      <div className="deck-status">
        {state && <Mark {...deckMark(state, paused, view.stream.status)} />}
        {state && something && <DeckAge session={session} state={state} />}
        {paused && (
          <span className="deck-waiting" role="status">
            {view.waiting === 1 ? "1 update waits" : `${view.waiting} updates wait`}
          </span>
        )}
      </div>
      <div className="deck-actions">
        {something && (followable || paused) && (
          <IconButton
            name={paused ? "Resume" : "Pause"}
            icon={paused ? "play" : "pause"}
            aria-pressed={paused}
            onClick={() => (paused ? session.resume() : session.pause())}
          />
        )}
        {view.health && state && <PublishHealth health={view.health} state={state} />}
        {something && (
          <a className="icon-button" href={`${rawUrl}?download=1`} download title="Download" aria-label="Download">
            <Icon name="download" />
          </a>
        )}
        {something && share && <IconButton name="Share" icon="link" onClick={() => setSharing(true)} />}
        <IconButton
          name={presenting.on ? "Stop presenting" : "Present"}
          icon={presenting.on ? "exitFullscreen" : "fullscreen"}
          aria-keyshortcuts={presenting.on ? "Escape" : "F"}
          title={presenting.on ? "Stop presenting (Esc)" : "Present (F)"}
          data-present=""
          onClick={presenting.toggle}
        />
      </div>
      {sharing && share && <ShareDialog share={share} onClose={() => setSharing(false)} />}
    </Toolbar>
  );
}

function Mark({ mark, tone }: DeckMark) {
  return (
    <span className={`deck-mark deck-mark-${tone}`} role="status">
      <span className="deck-dot" aria-hidden="true" />
      {mark}
    </span>
  );
}

/** While the task runs an age that ticks; afterwards the time, which no longer changes. */
function DeckAge({ session, state }: { readonly session: DeckSession; readonly state: DeckState }) {
  const { publishedAt } = state;
  if (!publishedAt) return null;
  if (["live", "behind", "placeholder", "finishing"].includes(state.phase)) {
    return (
      <span className="deck-age">
        <span className="deck-age-word">updated </span>
        <Age secondsSince={() => session.clock.secondsSince(publishedAt)} />
      </span>
    );
  }
  return (
    <time className="deck-age" dateTime={publishedAt} title={formatFullTime(publishedAt)}>
      <span className="deck-age-word">published </span>
      {formatTime(publishedAt)}
    </time>
  );
}
