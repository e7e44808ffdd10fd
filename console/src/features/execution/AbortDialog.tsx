import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { abortExecution } from "../../core/api";
import type { ExecutionId } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** Asks why: the reason is kept with the execution and shown to whoever looks at it later. */
export function AbortDialog({ id, onClose }: { readonly id: ExecutionId; readonly onClose: () => void }) {
  const [cause, setCause] = useState("");
  const abort = useMutation({
    mutationFn: () => abortExecution(id, cause.trim() || "Aborted from the console"),
    onSuccess: onClose,
  });
  return (
    <Dialog title="Abort this execution?" onClose={onClose}>
      <p>Its tasks are asked to stop and get a moment to do so. What they have published stays.</p>
      <form
        style={{ display: "contents" }}
        onSubmit={(event) => {
          event.preventDefault();
          abort.mutate();
        }}
      >
        <label className="field">
          Reason
          <input
            className="input"
            value={cause}
            placeholder="Optional; kept with the execution"
            maxLength={500}
            autoFocus
            onChange={(event) => setCause(event.target.value)}
          />
        </label>
        {abort.isError && (
          <Banner tone="bad" title="It could not be aborted.">
            {abort.error.message}
          </Banner>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>Keep it running</Button>
          <Button look="danger" type="submit" icon="abort" disabled={abort.isPending}>
            Abort execution
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
