import type { ReactNode } from "react";
import { gist } from "../../core/gist";
import type { ExecutionError } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { CopyButton } from "../../ui/CopyButton";

interface ErrorTextProps {
  readonly error: ExecutionError;
  /** Only the line that says what went wrong. */
  readonly brief?: boolean;
  /** A way to where it happened. */
  readonly where?: ReactNode;
}

export function ErrorText({ error, brief = false, where = null }: ErrorTextProps) {
  const message = error.message?.trim() ?? "";
  const named = gist(message);
  const words = named === "" ? (error.code ?? "It failed.") : named;
  if (brief) {
    return (
      <Banner tone="bad" icon="cross" title={whose(error)}>
        {where && <>In {where}: </>}
        {words}
      </Banner>
    );
  }
  return (
    <div className="error-text">
      <Banner tone="bad" icon="cross" title={whose(error)}>
        {words}
      </Banner>
      <div className="error-trace">
        <CopyButton text={message} name="Copy the error" />
        <pre tabIndex={0}>{message}</pre>
      </div>
      {error.code && (
        <p className="error-code">
          Code <code>{error.code}</code>
        </p>
      )}
    </div>
  );
}

function whose({ kind }: ExecutionError): string {
  return kind === "SYSTEM" ? "Failed, through no fault of the task’s code." : "Failed.";
}
