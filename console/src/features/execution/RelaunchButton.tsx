import { useMutation } from "@tanstack/react-query";
import { useRouter } from "../../bindings/router";
import { relaunchExecution } from "../../core/api";
import { executionPath } from "../../core/routes";
import type { ExecutionId } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** Runs the same with the same inputs, and goes to the new execution. */
export function RelaunchButton({ id }: { readonly id: ExecutionId }) {
  const { go } = useRouter();
  const relaunch = useMutation({
    mutationFn: () => relaunchExecution(id),
    onSuccess: (created) => go(executionPath(created.id)),
  });
  return (
    <>
      <Button icon="retry" disabled={relaunch.isPending} onClick={() => relaunch.mutate()}>
        Relaunch
      </Button>
      {relaunch.isError && (
        <Dialog title="It could not be relaunched" onClose={() => relaunch.reset()}>
          <Banner tone="bad" title="The server refused.">
            {relaunch.error.message}
          </Banner>
          <div className="dialog-actions">
            <Button onClick={() => relaunch.reset()}>Close</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
