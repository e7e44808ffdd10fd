/** The page of an execution: what other features put into it is handed in here. */
import { Link, useRouter } from "../../bindings/router";
import { attemptKey, executionKey, getExecutionData, getNodeData, shareDeck, type AttemptId } from "../../core/api";
import { words } from "../../core/bidi";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES, WORKFLOW_PHASES } from "../../core/phases";
import { rankName, ranksOf, rankShown } from "../../core/ranks";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import { DataPanel } from "../../features/data/DataPanel";
import type { Seen } from "../../features/deck/DeckFrame";
import { DeckPanel } from "../../features/deck/DeckPanel";
import { ExecutionPage, type ExecutionPanels } from "../../features/execution/ExecutionPage";
import { LogPanel } from "../../features/logs/LogPanel";
import { Empty } from "../../ui/Empty";
import { ErrorBoundary } from "../../ui/ErrorBoundary";

export default function ExecutionRoutePage({ route }: { readonly route: ExecutionRoute }) {
  return <ExecutionPage route={route} panels={PANELS} />;
}

const PANELS: ExecutionPanels = {
  deck: (route, row) => (
    <ErrorBoundary key={`${row.id}/${route.attempt ?? "latest"}/${route.rank ?? 0}`} what="The Deck" about={route}>
      <NodeDeck route={route} row={row} />
    </ErrorBoundary>
  ),
  log: (route, row) => (
    <ErrorBoundary what="The log" about={route}>
      {row.cached && row.attempts.length === 0 ? <NoLog /> : <LogPanel logKey={attemptKey({ ...attemptOf(route, row, "log"), attempt: logAttempt(route, row) })} />}
    </ErrorBoundary>
  ),
  nodeData: (route, row, side) => (
    <DataPanel
      key={side}
      side={side}
      queryKey={["node", route.project, route.domain, route.name, row.id]}
      load={(signal) => getNodeData({ nodeId: row.id, executionId: executionOf(route) }, signal)}
      ended={NODE_PHASES[row.phase].terminal}
    />
  ),
  sharedDeck: (route) => (
    <ErrorBoundary what="The Deck" about={route}>
      <SharedDeck route={route} />
    </ErrorBoundary>
  ),
  executionData: ({ id, closure }, side) => (
    <DataPanel
      key={side}
      side={side}
      queryKey={["execution", id.project, id.domain, id.name]}
      load={(signal) => getExecutionData(id, signal)}
      ended={WORKFLOW_PHASES[closure?.phase ?? "UNDEFINED"].terminal}
    />
  ),
};

function NoLog() {
  return (
    <Empty icon="clock" title="No log: taken from the cache">
      An earlier run with the same inputs had done the work.
    </Empty>
  );
}

function NodeDeck({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const { go } = useRouter();
  const ranks = ranksOf(row.attempts, route.attempt);
  const rank = rankShown(ranks, route.rank, "deck");
  const id = attemptOf(route, row, "deck");
  const choose = (changes: Partial<Seen>) => go(executionPath({ ...route, ...changes }), { replace: true });
  if (rank !== 0 && !ranks?.decks) {
    return (
      <Empty icon="deck" title={words`Rank ${rank} has no Deck`}>
        Rank 0 has the task’s. Declare deck_publish=DeckPublish(every_rank=True) for each rank to have one.
      </Empty>
    );
  }
  return (
    <DeckPanel
      choosing={{ seen: route, choose }}
      streamUrl={`/live/decks/${attemptKey(id)}`}
      rawUrl={(attempt) => `/decks/${attemptKey({ ...id, attempt })}/deck.html`}
      share={rank === "all" ? null : (attempt) => shareDeck({ ...id, attempt })}
      queueShown={row.queued !== null}
      source={(source) => <SourceLink source={source} />}
      latest={<Link href={executionPath({ ...route, view: "deck", attempt: null })}>Show the latest attempt</Link>}
    />
  );
}

/** The tabs that all tasks of the execution share. */
function SharedDeck({ route }: { readonly route: ExecutionRoute }) {
  const { go } = useRouter();
  const key = executionKey(route);
  const choose = (changes: Partial<Seen>) => go(executionPath({ ...route, ...changes }), { replace: true });
  return <DeckPanel choosing={{ seen: route, choose }} streamUrl={`/live/decks/${key}`} rawUrl={() => `/decks/${key}/deck.html`} share={null} />;
}

/** To the run that filled the cache; its Deck says `project/domain/execution/node/attempt`. */
function SourceLink({ source }: { readonly source: string }) {
  const [project, domain, name, node] = source.split("/");
  if (!project || !domain || !name || !node) return <>{source}</>;
  return <Link href={executionPath({ project, domain, name, node, view: "deck" })}>Show that run</Link>;
}

function attemptOf(route: ExecutionRoute, row: NodeRow, of: "deck" | "log"): AttemptId {
  const rank = rankShown(ranksOf(row.attempts, route.attempt), route.rank, of);
  return { ...executionOf(route), node: rankName(row.id, rank), attempt: route.attempt ?? "latest" };
}

/** A log is of one attempt; the latest is the last that exists. */
function logAttempt(route: ExecutionRoute, row: NodeRow): number {
  return route.attempt ?? row.attempts.at(-1)?.id.retryAttempt ?? 0;
}

function executionOf({ project, domain, name }: ExecutionRoute) {
  return { project, domain, name };
}
