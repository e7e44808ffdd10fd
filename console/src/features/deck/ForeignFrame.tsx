import { useEffect, useRef, useState } from "react";
import { StoppedFrame } from "./StoppedFrame";
import { useGuard, useTrust, type Trust } from "./useGuard";

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
  const trust = useTrust();
  const { shown } = versions;
  if (trust.misuse !== null) return <StoppedFrame misuse={trust.misuse} onReload={trust.reload} />;
  return (
    <div className="deck-foreign">
      {[shown, versions.loading].map(
        (version) =>
          version !== null && (
            <ForeignVersion
              key={version}
              src={`${url}?${new URLSearchParams({ version }).toString()}`}
              behind={version !== shown && shown !== null}
              trust={trust}
              onLoad={() => loaded(version)}
            />
          ),
      )}
    </div>
  );
}

interface ForeignVersionProps {
  readonly src: string;
  /** Whether it loads behind the one on screen. */
  readonly behind: boolean;
  readonly trust: Trust;
  readonly onLoad: () => void;
}

function ForeignVersion({ src, behind, trust, onLoad }: ForeignVersionProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  useGuard(frame, trust);
  return (
    <iframe
      ref={frame}
      className={behind ? "deck-frame deck-frame-behind" : "deck-frame"}
      title={behind ? "Deck, next version" : "Deck"}
      aria-hidden={behind}
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      src={src}
      onLoad={onLoad}
    />
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
