import { useMutation } from "@tanstack/react-query";
import { useRouter } from "../../bindings/router";
import { recoverExecution, relaunchExecution } from "../../core/api";
import { executionPath } from "../../core/routes";
import type { ExecutionId } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

const WAYS = {
  relaunch: {
    name: "Relaunch",
    title: "Runs the same again, with the same inputs",
    refused: "It could not be relaunched",
    send: relaunchExecution,
  },
  recover: {
    name: "Recover",
    title: "Runs it again without the nodes that have succeeded: they keep their outputs",
    refused: "It could not be recovered",
    send: recoverExecution,
  },
} as const;

interface AgainButtonProps {
  readonly id: ExecutionId;
  readonly way: keyof typeof WAYS;
}

/** Runs an execution again in one of two ways, and goes to the new one. */
export function AgainButton({ id, way }: AgainButtonProps) {
  const { go } = useRouter();
  const { name, title, refused, send } = WAYS[way];
  const again = useMutation({
    mutationFn: () => send(id),
    onSuccess: (created) => go(executionPath(created.id)),
  });
  return (
    <>
      <Button icon="retry" title={title} disabled={again.isPending} onClick={() => again.mutate()}>
        {name}
      </Button>
      {again.isError && (
        <Dialog title={refused} onClose={() => again.reset()}>
          <Banner tone="bad" title="The server refused.">
            {again.error.message}
          </Banner>
          <div className="dialog-actions">
            <Button onClick={() => again.reset()}>Close</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
