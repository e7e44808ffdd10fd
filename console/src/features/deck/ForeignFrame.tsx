import { useState } from "react";

interface ForeignFrameProps {
  /** Address of `deck.html`. */
  readonly url: string;
  /** Its version. */
  readonly etag: string;
}

/**
 * A Deck that is only ever overwritten whole: a new version loads in a second frame behind the first, and takes its
 * place when it is there, so that nothing flashes white.
 */
export function ForeignFrame({ url, etag }: ForeignFrameProps) {
  const [shown, setShown] = useState<string | null>(null);
  const versions = shown === null || shown === etag ? [etag] : [shown, etag];
  return (
    <div className="deck-foreign">
      {versions.map((version) => (
        <iframe
          key={version}
          className={version === shown || shown === null ? "deck-frame" : "deck-frame deck-frame-behind"}
          title={version === shown || shown === null ? "Deck" : "Deck, next version"}
          aria-hidden={version !== shown && shown !== null}
          sandbox="allow-scripts"
          referrerPolicy="no-referrer"
          src={`${url}?${new URLSearchParams({ version }).toString()}`}
          onLoad={() => setShown(version)}
        />
      ))}
    </div>
  );
}
