import type { StreamState } from "../core/liveStream";
import { Banner } from "./Banner";

/** Quiet words while the connection is lost; what was shown stays. */
export function ConnectionBanner({ stream }: { readonly stream: StreamState }) {
  if (stream.status === "reconnecting") {
    return (
      <Banner tone="warn" icon="retry" title="Reconnecting …">
        What you see may be behind; it catches up by itself.
      </Banner>
    );
  }
  if (stream.status === "refused") {
    return (
      <Banner tone="bad" title="This cannot be shown live.">
        {stream.reason}
      </Banner>
    );
  }
  return null;
}
