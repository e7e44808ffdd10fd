import { useState } from "react";
import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import { parseDuration } from "../../core/durations";
import { shortName, type NodeRow } from "../../core/nodeTree";
import { WORKFLOW_PHASES } from "../../core/phases";
import { executionPath } from "../../core/routes";
import type { Execution } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration, When } from "../../ui/Ticking";
import { AbortDialog } from "./AbortDialog";
import { AgainButton } from "./AgainButton";
import { DeleteDialog } from "./DeleteDialog";
import { ErrorText } from "./ErrorText";
import { hasTraces, TraceId } from "./TraceId";

interface OutcomeProps {
  readonly execution: Execution;
  readonly rows: readonly NodeRow[];
}

interface ExecutionHeaderProps extends OutcomeProps {
  /** Nothing can be done with it any more. */
  readonly gone: boolean;
}

export function ExecutionHeader({ execution, rows, gone }: ExecutionHeaderProps) {
  const [asking, setAsking] = useState<"abort" | "delete" | null>(null);
  const { id, closure, spec } = execution;
  const phase = closure?.phase ?? "UNDEFINED";
  const look = WORKFLOW_PHASES[phase === "RUNNING" && allWait(rows) ? "QUEUED" : phase];
  const workflow = closure?.workflowId?.name ?? spec?.launchPlan?.name;
  const reference = spec?.metadata?.referenceExecution;
  const parent = spec?.metadata?.parentNodeExecution;
  return (
    <header className="execution-header">
      <div className="execution-title">
        <h1 title={workflow}>{shortName(workflow) ?? id.name}</h1>
        <PhaseBadge look={look} />
        {!gone && (
          <div className="execution-actions">
            {look.terminal && phase !== "SUCCEEDED" && <AgainButton id={id} way="recover" />}
            <AgainButton id={id} way="relaunch" />
            {!look.terminal && (
              <Button look="danger" icon="abort" disabled={phase === "ABORTING"} onClick={() => setAsking("abort")}>
                Abort
              </Button>
            )}
            {look.terminal && (
              <Button look="quiet" onClick={() => setAsking("delete")}>
                Delete
              </Button>
            )}
          </div>
        )}
      </div>
      <dl className="execution-facts">
        <Fact name="Execution">
          <code>{id.name}</code>
          <CopyButton text={id.name} name="Copy the execution’s name" />
        </Fact>
        <Fact name="Started">
          <When time={closure?.startedAt ?? closure?.createdAt} />
        </Fact>
        <Fact name="Duration">
          <ExecutionDuration execution={execution} />
        </Fact>
        {closure?.workflowId?.version && (
          <Fact name="Version">
            <code title={closure.workflowId.version}>{closure.workflowId.version.slice(0, 12)}</code>
          </Fact>
        )}
        {hasTraces() && (
          <Fact name="Trace">
            <TraceId id={id} />
          </Fact>
        )}
        {parent && (
          <Fact name="Started by">
            <Link href={executionPath({ ...parent.executionId, node: parent.nodeId })}>
              <code>{parent.executionId.name}</code>
            </Link>
          </Fact>
        )}
        {reference && (
          <Fact name={spec.metadata.mode === "RECOVERED" ? "Recovered from" : "Relaunched from"}>
            <Link href={executionPath(reference)}>
              <code>{reference.name}</code>
            </Link>
          </Fact>
        )}
      </dl>
      <Outcome execution={execution} rows={rows} />
      {asking === "abort" && <AbortDialog id={id} onClose={() => setAsking(null)} />}
      {asking === "delete" && <DeleteDialog id={id} onClose={() => setAsking(null)} />}
    </header>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ExecutionDuration({ execution: { closure } }: { readonly execution: Execution }) {
  const started = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const ended = WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"].terminal;
  const seconds = parseDuration(closure?.duration) ?? 0;
  return <Duration from={started} to={ended && started !== null ? started + seconds * 1000 : null} />;
}

/** Why it ended, where it did not end well, and which node that was. */
function Outcome({ execution: { id, closure }, rows }: OutcomeProps) {
  const cause = closure?.abortMetadata?.cause ?? closure?.abortCause;
  if (closure?.phase === "ABORTED" || closure?.phase === "ABORTING") {
    return (
      <Banner tone="warn" icon="stop" title={closure.phase === "ABORTED" ? "Aborted." : "Aborting."}>
        {cause}
      </Banner>
    );
  }
  if (!closure?.error) return null;
  const failed = failedNode(rows);
  return (
    <ErrorText
      error={closure.error}
      brief
      where={
        failed && (
          <Link className="text-link" href={executionPath({ ...id, node: failed.id })}>
            {failed.name === failed.id ? failed.id : words`${failed.name} (${failed.id})`}
          </Link>
        )
      }
    />
  );
}

/** Nothing of it has run yet, and something waits for its turn: an engine has it, but it does not run. */
function allWait(rows: readonly NodeRow[]): boolean {
  return rows.some(({ phase }) => phase === "QUEUED") && rows.every(({ startedAt }) => startedAt === null);
}

/** The node that failed first; of one that holds nodes, the one inside. */
function failedNode(rows: readonly NodeRow[]): NodeRow | null {
  const failed = rows.filter(({ phase, holdsNodes }) => !holdsNodes && (phase === "FAILED" || phase === "TIMED_OUT"));
  return failed.sort((a, b) => (a.endedAt ?? Infinity) - (b.endedAt ?? Infinity))[0] ?? null;
}
