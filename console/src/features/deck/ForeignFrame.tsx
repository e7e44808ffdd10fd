import { useEffect, useState } from "react";

interface ForeignFrameProps {
  /** Address of `deck.html`. */
  readonly url: string;
  /** Its version. */
  readonly etag: string;
}

interface Versions {
  /** The one on screen; null until one has loaded. */
  readonly shown: string | null;
  /** The one that loads, behind it. */
  readonly loading: string | null;
  /** It has had time enough to load. */
  readonly late: boolean;
}

/** A page that has not loaded by then never will, it has to be assumed (a script in it may run forever). */
const LOADS_WITHIN_MS = 30_000;

/**
 * A Deck that is only ever overwritten whole: a new version loads in a second frame behind the first, and takes its
 * place when it is there, so that nothing flashes white.
 */
export function ForeignFrame({ url, etag }: ForeignFrameProps) {
  const [versions, loaded] = useVersions(etag);
  const { shown } = versions;
  return (
    <div className="deck-foreign">
      {[shown, versions.loading].map(
        (version) =>
          version !== null && (
            <iframe
              key={version}
              className={version === shown || shown === null ? "deck-frame" : "deck-frame deck-frame-behind"}
              title={version === shown || shown === null ? "Deck" : "Deck, next version"}
              aria-hidden={version !== shown && shown !== null}
              sandbox="allow-scripts"
              referrerPolicy="no-referrer"
              src={`${url}?${new URLSearchParams({ version }).toString()}`}
              onLoad={() => loaded(version)}
            />
          ),
      )}
    </div>
  );
}

/**
 * Which versions have a frame. One that has begun to load may finish, and only then the newest begins: a page that is
 * overwritten faster than it loads would otherwise never get to the screen.
 */
function useVersions(newest: string): readonly [Versions, (version: string) => void] {
  const [versions, setVersions] = useState<Versions>({ shown: null, loading: newest, late: false });
  const { shown, loading, late } = versions;
  const free = loading === null || (late && loading !== newest);
  if (free && shown !== newest) setVersions({ shown, loading: newest, late: false });
  useEffect(() => {
    if (loading === null) return undefined;
    const isLate = () => setVersions((now) => (now.loading === loading ? { ...now, late: true } : now));
    const timer = setTimeout(isLate, LOADS_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [loading]);
  const loaded = (version: string) =>
    setVersions((now) => (now.loading === version ? { shown: version, loading: null, late: false } : now));
  return [versions, loaded];
}
