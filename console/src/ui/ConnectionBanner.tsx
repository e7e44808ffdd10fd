import type { StreamState } from "../core/liveStream";
import { Banner } from "./Banner";

interface ConnectionBannerProps {
  readonly stream: StreamState;
}

/** Quiet words while the connection is lost; what was shown stays. */
export function ConnectionBanner({ stream }: ConnectionBannerProps) {
  if (stream.status !== "reconnecting") return <RefusedBanner stream={stream} />;
  return (
    <Banner tone="warn" icon="retry" title="Reconnecting …">
      What you see may be behind; it catches up by itself.
    </Banner>
  );
}

/** For a part of a page, which says by itself that it reconnects: only that it was refused. */
export function RefusedBanner({ stream }: ConnectionBannerProps) {
  if (stream.status !== "refused") return null;
  return (
    <Banner tone="bad" title="This cannot be shown live.">
      {stream.reason}
    </Banner>
  );
}
