/** The page that knows every feature and hands each what it needs of the others. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Link, RouterProvider, useRouter } from "../bindings/router";
import { ThemeProvider } from "../bindings/theme";
import { useTitle } from "../bindings/useTitle";
import { attemptKey, getExecutionData, getNodeData, shareDeck, type AttemptId } from "../core/api";
import type { NodeRow } from "../core/nodeTree";
import { NODE_PHASES, WORKFLOW_PHASES } from "../core/phases";
import { executionPath, type ExecutionRoute } from "../core/routes";
import type { ThemeSetting } from "../core/theme";
import { DataPanel } from "../features/data/DataPanel";
import { DeckPanel } from "../features/deck/DeckPanel";
import { ExecutionPage, type ExecutionPanels } from "../features/execution/ExecutionPage";
import { ExecutionsPage } from "../features/executions/ExecutionsPage";
import { LogPanel } from "../features/logs/LogPanel";
import { Empty } from "../ui/Empty";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import "./app.css";
import { Home } from "./Home";
import { TopBar } from "./TopBar";

const queries = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 2 } } });

export function App({ theme }: { readonly theme: ThemeSetting }) {
  return (
    <QueryClientProvider client={queries}>
      <ThemeProvider setting={theme}>
        <RouterProvider>
          <div className="app">
            <TopBar />
            <div className="app-page" data-scrolls="page">
              <GuardedPage />
            </div>
          </div>
        </RouterProvider>
      </ThemeProvider>
    </QueryClientProvider>
  );
}

function GuardedPage() {
  const { route } = useRouter();
  return (
    <ErrorBoundary what="This page" about={route}>
      <Page />
    </ErrorBoundary>
  );
}

function Page() {
  const { route } = useRouter();
  switch (route.page) {
    case "home":
      return <Home />;
    case "executions":
      return <ExecutionsPage route={route} />;
    case "execution":
      return <ExecutionPage key={route.name} route={route} panels={PANELS} />;
    case "unknown":
      return <NoSuchPage />;
  }
}

function NoSuchPage() {
  useTitle("No such page");
  return (
    <Empty icon="search" title="There is no such page">
      <Link className="text-link" href="/console/">
        To the executions
      </Link>
    </Empty>
  );
}

const PANELS: ExecutionPanels = {
  deck: (route, row) => (
    <ErrorBoundary key={`${row.id}/${route.attempt ?? "latest"}`} what="The Deck" about={route}>
      <NodeDeck route={route} row={row} />
    </ErrorBoundary>
  ),
  log: (route, row) => (
    <ErrorBoundary what="The log" about={route}>
      {row.cached && row.attempts.length === 0 ? <NoLog /> : <LogPanel logKey={attemptKey({ ...attemptOf(route, row), attempt: logAttempt(route, row) })} />}
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
  const id = attemptOf(route, row);
  const choose = (tab: string) => go(executionPath({ ...route, tab }), { replace: true });
  return (
    <DeckPanel
      tab={{ name: route.tab, choose }}
      streamUrl={`/live/decks/${attemptKey(id)}`}
      rawUrl={(attempt) => `/decks/${attemptKey({ ...id, attempt })}/deck.html`}
      share={(attempt) => shareDeck({ ...id, attempt })}
      source={(source) => <SourceLink source={source} />}
      latest={<Link href={executionPath({ ...route, view: "deck", attempt: null })}>Show the latest attempt</Link>}
    />
  );
}

/** To the run that filled the cache; its Deck says `project/domain/execution/node/attempt`. */
function SourceLink({ source }: { readonly source: string }) {
  const [project, domain, name, node] = source.split("/");
  if (!project || !domain || !name || !node) return <>{source}</>;
  return <Link href={executionPath({ project, domain, name, node, view: "deck" })}>Show that run</Link>;
}

function attemptOf(route: ExecutionRoute, row: NodeRow): AttemptId {
  return { ...executionOf(route), node: row.id, attempt: route.attempt ?? "latest" };
}

/** A log is of one attempt; the latest is the last that exists. */
function logAttempt(route: ExecutionRoute, row: NodeRow): number {
  return route.attempt ?? row.attempts.at(-1)?.id.retryAttempt ?? 0;
}

function executionOf({ project, domain, name }: ExecutionRoute) {
  return { project, domain, name };
}

