import type { StreamState } from "../core/liveStream";
import { sentence } from "../core/sentence";
import { Banner } from "./Banner";

interface RefusedBannerProps {
  readonly stream: StreamState;
}

interface ConnectionBannerProps extends RefusedBannerProps {
  /** Why what is shown may be behind although the server answers, in its words; empty where it is not. */
  readonly stale: string;
}

/** Quiet words while the connection is lost, or the server itself cannot see what changes; what was shown stays. */
export function ConnectionBanner({ stream, stale }: ConnectionBannerProps) {
  if (stream.status === "reconnecting") {
    return (
      <Banner tone="warn" icon="retry" title="Reconnecting …">
        {stream.reason || "What you see may be behind; it catches up by itself."}
      </Banner>
    );
  }
  if (stream.status !== "open" || stale === "") return <RefusedBanner stream={stream} />;
  return (
    <Banner tone="warn" icon="warning" title="What you see may be behind.">
      {stale}
    </Banner>
  );
}

/** For a part of a page, which says by itself that it reconnects: only that it was refused. */
export function RefusedBanner({ stream }: RefusedBannerProps) {
  if (stream.status !== "refused") return null;
  return (
    <Banner tone="bad" title="This cannot be shown live.">
      {sentence(stream.reason)}
    </Banner>
  );
}
