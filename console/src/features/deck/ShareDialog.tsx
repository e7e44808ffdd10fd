import { useQuery } from "@tanstack/react-query";
import type { SharedLink } from "../../core/api";
import { formatFullTime } from "../../core/durations";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog } from "../../ui/Dialog";
import { Skeleton } from "../../ui/Skeleton";

interface ShareDialogProps {
  readonly share: () => Promise<SharedLink>;
  readonly onClose: () => void;
}

/** A link that shows this Deck, and nothing else, to whoever has it. */
export function ShareDialog({ share, onClose }: ShareDialogProps) {
  const link = useQuery({ queryKey: ["share"], queryFn: share, gcTime: 0, retry: false });
  return (
    <Dialog title="Share this Deck" onClose={onClose}>
      <p>Whoever has this link sees this Deck, live, and nothing else, until the link expires.</p>
      {link.isPending && <Skeleton lines={1} label="Making the link" />}
      {link.isError && (
        <Banner tone="bad" title="No link could be made.">
          {link.error.message}
        </Banner>
      )}
      {link.data && (
        <>
          <div className="share-link">
            <input
              className="input"
              aria-label="Link"
              readOnly
              value={link.data.url}
              onFocus={(event) => event.target.select()}
            />
            <CopyButton text={link.data.url} name="Copy link" />
          </div>
          <p>It expires on {formatFullTime(link.data.expires_at)}.</p>
        </>
      )}
      <div className="dialog-actions">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
