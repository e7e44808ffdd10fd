import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ClockContext } from "../../bindings/clock";
import { useReadable } from "../../bindings/useReadable";
import { useSession } from "../../bindings/useSession";
import { listExecutions, listProjects, lookedThrough } from "../../core/api";
import { words } from "../../core/bidi";
import { mergeExecutions } from "../../core/executionOrder";
import { ExecutionsSession, NO_EXECUTIONS, type ExecutionsView } from "../../core/executionsSession";
import { formatNumber } from "../../core/numerals";
import { Observable } from "../../core/observable";
import { executionsPath, type ExecutionsRoute } from "../../core/routes";
import { ServerClock } from "../../core/serverClock";
import type { Execution } from "../../protocol/flyte";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { ConnectionBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import "./executions.css";
import { ExecutionsFilter } from "./ExecutionsFilter";
import { ExecutionsTable } from "./ExecutionsTable";

const PAGE = 50;
const NOT_OPEN = new Observable<ExecutionsView>(NO_EXECUTIONS);
const NO_CLOCK = new ServerClock();

export default function ExecutionsPage({ route }: { readonly route: ExecutionsRoute }) {
  const session = useSession(`${route.project}/${route.domain}`, openSession);
  const view = useReadable(session?.view ?? NOT_OPEN);
  const listed = useListed(route, view.resets);
  const executions = useMerged(route, listed.data?.pages, view);
  const more = useMore(route, listed);
  const filtered = route.phase !== null || route.workflow !== "";
  return (
    <div data-feature="executions">
      <header className="executions-head">
        <h1>Executions</h1>
        <ExecutionsFilter route={route} />
      </header>
      <ConnectionBanner stream={view.stream} stale={view.stale} />
      {listed.isError && executions.length === 0 && (
        <Banner tone="bad" title="The executions cannot be listed.">
          {listed.error.message}
        </Banner>
      )}
      <ClockContext value={session?.clock ?? NO_CLOCK}>
        {executions.length > 0 && <ExecutionsTable executions={executions} complete={listed.isSuccess && !listed.hasNextPage} />}
      </ClockContext>
      {listed.isPending && executions.length === 0 && <Skeleton label="Loading the executions" lines={8} />}
      {listed.isSuccess && !listed.hasNextPage && executions.length === 0 && (filtered ? <NoneFit /> : <FirstRun route={route} />)}
      {listed.isFetchNextPageError && (
        <Banner tone="bad" title="The rest of the executions cannot be listed.">
          {listed.error.message}
        </Banner>
      )}
      {listed.hasNextPage && (
        <div className="executions-more">
          {more.looked > 0 ? (
            <p role="status">Looked through {formatNumber(more.looked)} executions so far …</p>
          ) : (
            <Button onClick={more.show} disabled={listed.isFetchingNextPage}>
              {moreLabel(listed)}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function openSession(key: string): ExecutionsSession {
  const [project = "", domain = ""] = key.split("/");
  return new ExecutionsSession(project, domain);
}

function useListed({ project, domain, phase, workflow }: ExecutionsRoute, resets: number) {
  return useInfiniteQuery({
    queryKey: ["executions", project, domain, phase, workflow, resets],
    queryFn: ({ pageParam, signal }) =>
      listExecutions({ project, domain, phase, workflow, token: pageParam, limit: PAGE }, signal),
    initialPageParam: "",
    getNextPageParam: ({ token }) => (token === "" ? undefined : token),
    placeholderData: (before, query) => (query?.queryKey.at(-1) === resets ? before : undefined),
  });
}

function moreLabel({ isFetchingNextPage, isFetchNextPageError }: ReturnType<typeof useListed>): string {
  if (isFetchingNextPage) return "Loading …";
  return isFetchNextPageError ? "Try again" : "Show more";
}

/** Goes on asking until as many are found as are to be shown: a page of a filtered list may hold few, or none. */
function useMore(route: ExecutionsRoute, listed: ReturnType<typeof useListed>) {
  const { data, hasNextPage, isFetchingNextPage, isFetchNextPageError, isPlaceholderData, fetchNextPage } = listed;
  const key = executionsPath(route);
  const [asked, setAsked] = useState({ key, count: PAGE });
  const count = asked.key === key ? asked.count : PAGE;
  const pages = data?.pages ?? [];
  const found = pages.reduce((sum, page) => sum + (page.executions?.length ?? 0), 0);
  const short = hasNextPage && found < count && !isFetchNextPageError && !isPlaceholderData;
  const ready = short && !isFetchingNextPage;
  useEffect(() => {
    if (ready) void fetchNextPage();
  }, [ready, pages.length, fetchNextPage]); // once for each page, also if it comes before a render without `ready`
  const last = pages.at(-1);
  const searching = short && (last?.executions?.length ?? 0) < PAGE;
  return {
    /** How many were looked at while a filter is tried on more of them; 0 when it is not. */
    looked: searching ? lookedThrough(last?.token) : 0,
    show: () => {
      setAsked({ key, count: found + PAGE });
      if (isFetchNextPageError) void fetchNextPage();
    },
  };
}

function useMerged(
  { phase, workflow }: ExecutionsRoute,
  pages: readonly { readonly executions?: readonly Execution[]; readonly token?: string }[] | undefined,
  view: ExecutionsView,
): readonly Execution[] {
  return useMemo(() => {
    const listed = (pages ?? []).flatMap((page) => page.executions ?? []).filter(({ id }) => !view.deleted.has(id.name));
    const complete = pages !== undefined && !pages.at(-1)?.token;
    return mergeExecutions(listed, view.executions.values(), { phase, workflow }, complete);
  }, [pages, view.executions, view.deleted, phase, workflow]);
}

function NoneFit() {
  return (
    <Empty icon="search" title="No execution fits">
      Choose another phase or another part of a workflow’s name.
    </Empty>
  );
}

/** What clients call the server that this page is of: without a port they would take livedeck's own. */
function endpointOf({ protocol, host, hostname, port, origin }: Location): string {
  if (protocol === "https:") return origin;
  return port === "" ? `${hostname}:80` : host;
}

/** Nothing has run; or there is no such place, which a mistyped address would otherwise look like. */
function FirstRun({ route: { project, domain } }: { readonly route: ExecutionsRoute }) {
  const projects = useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => listProjects(signal), staleTime: 60_000 });
  if (projects.isPending) return <Skeleton label="Looking for the project" />;
  if (projects.isSuccess && !projects.data.projects?.some(({ id }) => id === project)) {
    return (
      <Empty icon="search" title={words`There is no project “${project}” on this server`}>
        Choose another one above.
      </Empty>
    );
  }
  return (
    <Empty icon="play" title="Nothing has run yet">
      <p>Run a workflow on this server, and it appears here at once:</p>
      <pre>
        export LIVEDECK_ENDPOINT={endpointOf(window.location)}
        {"\n"}livedeck run --remote -p {project} -d {domain} FILE WORKFLOW
      </pre>
    </Empty>
  );
}
