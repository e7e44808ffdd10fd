import { Link } from "../../bindings/router";
import { parseDuration } from "../../core/durations";
import { gist } from "../../core/gist";
import type { NodeRow } from "../../core/nodeTree";
import { attemptLook, isQueued } from "../../core/phases";
import { queuedWords } from "../../core/queue";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import type { TaskExecution } from "../../protocol/flyte";
import { Empty } from "../../ui/Empty";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration, When } from "../../ui/Ticking";

interface AttemptsProps {
  readonly route: ExecutionRoute;
  readonly row: NodeRow;
}

export function Attempts({ route, row }: AttemptsProps) {
  if (row.attempts.length === 0) {
    return (
      <Empty icon="clock" title={row.cached ? "No attempt: taken from the cache" : "No attempt yet"}>
        {row.cached ? "An earlier run with the same inputs had done the work." : null}
      </Empty>
    );
  }
  return (
    <ol className="attempts" aria-label="Attempts">
      {row.attempts.map((attempt) => (
        <Attempt key={attempt.id.retryAttempt ?? 0} route={route} row={row} attempt={attempt} />
      ))}
    </ol>
  );
}

function Attempt({ route, row, attempt: execution }: AttemptsProps & { readonly attempt: TaskExecution }) {
  const { id, closure } = execution;
  const attempt = id.retryAttempt ?? 0;
  const look = attemptLook(execution, row.attempts);
  const waits = isQueued(execution) ? row.queued : null;
  const started = closure?.startedAt ? Date.parse(closure.startedAt) : null;
  const seconds = parseDuration(closure?.duration);
  const ended = look.terminal && started !== null ? started + (seconds ?? 0) * 1000 : null;
  const error = gist(closure?.error?.message);
  const code = closure?.error?.code;
  return (
    <li className={look.tone === "bad" ? "attempt" : "attempt attempt-retried"}>
      <div className="attempt-line">
        <strong>Attempt {attempt + 1}</strong>
        <PhaseBadge look={look} />
        {code && !error.startsWith(code) && <code className="attempt-code">{code}</code>}
        <span className="soft">
          {waits ? queuedWords(waits) : <AttemptTimes time={closure?.startedAt} from={started} to={ended} />}
        </span>
        <span className="attempt-links">
          {row.hasDeck && <Link href={executionPath({ ...route, view: "deck", attempt })}>Deck</Link>}
          <Link href={executionPath({ ...route, view: "log", attempt })}>Log</Link>
          {closure?.error && <Link href={executionPath({ ...route, view: "error", attempt })}>Error</Link>}
        </span>
      </div>
      {error && <p className="attempt-error">{error}</p>}
    </li>
  );
}

function AttemptTimes({ time, from, to }: { readonly time: string | undefined; readonly from: number | null; readonly to: number | null }) {
  return (
    <>
      <When time={time} /> · <Duration from={from} to={to} />
    </>
  );
}
