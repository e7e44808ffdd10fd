import { useQuery } from "@tanstack/react-query";
import { startTransition, useCallback, useEffect, useState, type ReactNode } from "react";
import { ClockContext } from "../../bindings/clock";
import { LastKnownContext } from "../../bindings/lastKnown";
import { Link } from "../../bindings/router";
import { useSession } from "../../bindings/useSession";
import { useTitle } from "../../bindings/useTitle";
import { getWorkflow } from "../../core/api";
import { words } from "../../core/bidi";
import { ExecutionSession, type ExecutionView } from "../../core/executionSession";
import { itemOf, type Item } from "../../core/items";
import { NodeRows, shortName, type NodeRow } from "../../core/nodeTree";
import { lastKnown, nodeLook, WORKFLOW_PHASES } from "../../core/phases";
import { executionPath, type ExecutionRoute, type RunView, UNTOUCHED_DECK } from "../../core/routes";
import { sentence } from "../../core/sentence";
import type { CompiledWorkflow, Execution, Workflow } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { ConnectionBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import { Tabs } from "../../ui/Tabs";
import "./execution.css";
import { ExecutionHeader } from "./ExecutionHeader";
import { Graph } from "./Graph";
import { NodePanel } from "./NodePanel";
import { Timeline } from "./Timeline";
import { useDynamicWorkflows } from "./useDynamicWorkflows";
import { Wall } from "./Wall";

/** What other features put into this page: the page that knows all of them hands them in. */
export interface ExecutionPanels {
  readonly deck: (route: ExecutionRoute, row: NodeRow) => ReactNode;
  readonly log: (route: ExecutionRoute, row: NodeRow) => ReactNode;
  readonly nodeData: (route: ExecutionRoute, row: NodeRow, side: "inputs" | "outputs") => ReactNode;
  readonly sharedDeck: (route: ExecutionRoute) => ReactNode;
  readonly executionData: (execution: Execution, side: "inputs" | "outputs") => ReactNode;
}

interface ExecutionPageProps {
  readonly route: ExecutionRoute;
  readonly panels: ExecutionPanels;
}

export function ExecutionPage({ route, panels }: ExecutionPageProps) {
  const { project, domain, name } = route;
  const session = useSession(`${project}/${domain}/${name}`, openSession);
  if (!session) return <Loading />;
  return (
    <ClockContext value={session.clock}>
      <OpenExecution route={route} panels={panels} session={session} />
    </ClockContext>
  );
}

function openSession(key: string): ExecutionSession {
  const [project = "", domain = "", name = ""] = key.split("/");
  return new ExecutionSession({ project, domain, name });
}

function OpenExecution({ route, panels, session }: ExecutionPageProps & { readonly session: ExecutionSession }) {
  const { view, rows, workflow, compiledInside } = useRows(session);
  const { gone } = view;
  const node = rows.find((row) => row.id === route.node) ?? itemOf(route.node, rows, view.items);
  const workflowName = shortName(view.execution?.closure?.workflowId?.name) ?? route.name;
  const look = node ? nodeLook(node) : view.execution && WORKFLOW_PHASES[view.execution.closure?.phase ?? "UNDEFINED"];
  useTitle(node ? words`${node.name} of ${workflowName}` : workflowName, look && gone ? lastKnown(look) : look);
  if (!view.execution) return view.stream.status === "refused" ? <Unknown reason={view.stream.reason} /> : <Loading view={view} />;
  const chosen = node ?? null;
  return (
    <LastKnownContext value={gone}>
      <div className={route.node === null ? "" : "split"} data-feature="execution" data-gone={gone || undefined}>
        <ExecutionHeader execution={view.execution} rows={rows} gone={gone} />
        {view.deleted && (
          <div className="execution-banner">
            <Banner tone="warn" title="This execution was deleted.">
              What is shown is what was known of it; its data is gone.
            </Banner>
          </div>
        )}
        {(view.stream.status !== "open" || view.stale !== "") && !view.deleted && (
          <div className="execution-banner">
            <ConnectionBanner stream={view.stream} stale={view.stale} />
          </div>
        )}
        <div className="execution-body">
          <RunPanel
            route={route}
            execution={view.execution}
            rows={rows}
            items={view.items}
            workflow={workflow}
            compiledInside={compiledInside}
            panels={panels}
          />
          {chosen && <NodePanel key={chosen.id} route={route} row={chosen} rows={rows} items={view.items} panels={panels} />}
          {route.node !== null && !chosen && <NodeMissing route={route} ready={view.ready} />}
        </div>
      </div>
    </LastKnownContext>
  );
}

interface Rows {
  readonly view: ExecutionView;
  /** Of that view. */
  readonly rows: readonly NodeRow[];
}

/**
 * What is known of an execution. Rows are made in one task and drawn in the next ones, in slices: of very many, both take
 * milliseconds, and on a busy machine many times that.
 */
function useRows(session: ExecutionSession): Rows & Pick<RunPanelProps, "workflow" | "compiledInside"> {
  const [shown, show] = useState<Rows>(() => ({ view: session.view.get(), rows: [] }));
  const workflow = useWorkflow(shown.view);
  const dynamic = useDynamicWorkflows(shown.view);
  const [made] = useState(() => new NodeRows());
  const compiledInside = useCallback((id: string) => made.compiledInside(id), [made]);
  useEffect(() => {
    let drawing: ReturnType<typeof setTimeout> | undefined;
    const make = () => {
      const view = session.view.get();
      const rows = made.rows(view.nodes, view.tasks, workflow, view.queue, dynamic, view.items);
      clearTimeout(drawing);
      drawing = setTimeout(() => startTransition(() => show({ view, rows })), 0);
    };
    make();
    const end = session.view.subscribe(make);
    return () => {
      end();
      clearTimeout(drawing);
    };
  }, [session, made, workflow, dynamic]);
  return { ...shown, workflow, compiledInside };
}

/** The compiled workflow, which never changes. Without it (it may be gone) the nodes that ran are still shown. */
function useWorkflow({ execution }: ExecutionView): Workflow | null {
  const id = execution?.closure?.workflowId;
  const workflow = useQuery({
    queryKey: ["workflow", id],
    queryFn: ({ signal }) => (id ? getWorkflow(id, signal) : null),
    enabled: id !== undefined,
    staleTime: Infinity,
  });
  return workflow.data ?? null;
}

const RUN_TABS: Readonly<Record<RunView, string>> = {
  timeline: "Timeline",
  graph: "Graph",
  decks: "Decks",
  shared: "Shared Deck",
  inputs: "Inputs",
  outputs: "Outputs",
};

interface RunPanelProps extends ExecutionPageProps {
  readonly execution: Execution;
  readonly rows: readonly NodeRow[];
  readonly items: ReadonlyMap<string, readonly Item[]>;
  readonly workflow: Workflow | null;
  readonly compiledInside: (id: string) => CompiledWorkflow | null;
}

function RunPanel({ route, execution, rows, items, workflow, compiledInside, panels }: RunPanelProps) {
  // Few executions share a Deck: its tab is there for who came to it, by the page of all Decks or by its address.
  const shown = Object.entries(RUN_TABS).filter(([id]) => id !== "shared" || route.run === "shared");
  const tabs = shown.map(([id, label]) => ({
    id: id as RunView,
    label,
    href: executionPath({ ...route, run: id as RunView }),
  }));
  return (
    <section className="run-panel" aria-label="Execution">
      <Tabs label="Execution" tabs={tabs} chosen={route.run} />
      <div className="run-body" data-scrolls="run" role="tabpanel" aria-label={RUN_TABS[route.run]}>
        {route.run === "timeline" && <Timeline route={route} execution={execution} rows={rows} />}
        {route.run === "graph" && (
          <Graph
            route={route}
            rows={rows}
            compiled={
              (route.inside === null ? workflow?.closure?.compiledWorkflow?.primary : compiledInside(route.inside)) ?? null
            }
          />
        )}
        {route.run === "decks" && <Wall route={route} rows={rows} items={items} />}
        {route.run === "shared" && panels.sharedDeck(route)}
        {route.run === "inputs" && panels.executionData(execution, "inputs")}
        {route.run === "outputs" && panels.executionData(execution, "outputs")}
      </div>
    </section>
  );
}

function Loading({ view }: { readonly view?: ExecutionView }) {
  return (
    <div data-feature="execution">
      <div className="execution-banner">{view && <ConnectionBanner stream={view.stream} stale={view.stale} />}</div>
      <Skeleton page label="Loading the execution" lines={8} />
    </div>
  );
}

function Unknown({ reason }: { readonly reason: string }) {
  return (
    <div data-feature="execution">
      <Empty page icon="search" title="This execution cannot be shown">
        {sentence(reason)}
      </Empty>
    </div>
  );
}

function NodeMissing({ route, ready }: { readonly route: ExecutionRoute; readonly ready: boolean }) {
  return (
    <section className="node-panel" aria-label={route.node ?? ""}>
      {ready ? (
        <Empty icon="search" title={words`There is no node ${route.node ?? ""} in this execution`}>
          <Link className="text-link" href={executionPath({ ...route, node: null, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK })}>
            To its nodes
          </Link>
        </Empty>
      ) : (
        <Skeleton />
      )}
    </section>
  );
}
