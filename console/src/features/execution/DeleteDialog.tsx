import { useMutation } from "@tanstack/react-query";
import { useRouter } from "../../bindings/router";
import { deleteExecution } from "../../core/api";
import { executionsPath } from "../../core/routes";
import type { ExecutionId } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** Says what goes; then back to the list, since there is nothing more to see. */
export function DeleteDialog({ id, onClose }: { readonly id: ExecutionId; readonly onClose: () => void }) {
  const { go } = useRouter();
  const deletion = useMutation({
    mutationFn: () => deleteExecution(id),
    onSuccess: () => go(executionsPath(id)),
  });
  return (
    <Dialog title="Delete this execution?" onClose={onClose}>
      <p>
        Its Decks, logs, inputs, outputs and files are removed for good. Outputs that it put into the cache are computed
        again when they are needed.
      </p>
      {deletion.isError && (
        <Banner tone="bad" title="It could not be deleted.">
          {deletion.error.message}
        </Banner>
      )}
      <div className="dialog-actions">
        <Button onClick={onClose}>Keep it</Button>
        <Button look="danger" disabled={deletion.isPending} onClick={() => deletion.mutate()}>
          Delete execution
        </Button>
      </div>
    </Dialog>
  );
}
