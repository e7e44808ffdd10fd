/** The console's addresses, both ways. Every view has one, so that any of them can be sent to somebody. */

import { parseRank, type Rank } from "./ranks";

export const BASE = "/console";
export const NODE_VIEWS = ["nodes", "items", "rollup", "gate", "deck", "log", "inputs", "outputs", "error", "attempts"] as const;
export type NodeView = (typeof NODE_VIEWS)[number];
export const RUN_VIEWS = ["timeline", "graph", "decks", "shared", "inputs", "outputs"] as const;
export type RunView = (typeof RUN_VIEWS)[number];

export interface ExecutionsRoute {
  readonly page: "executions";
  readonly project: string;
  readonly domain: string;
  readonly phase: string | null;
  readonly workflow: string;
}

export interface ExecutionRoute {
  readonly page: "execution";
  readonly project: string;
  readonly domain: string;
  readonly name: string;
  /** The node whose panel is open. */
  readonly node: string | null;
  /** Null: the one that fits (the Deck where there is one). */
  readonly view: NodeView | null;
  /** Flyte's number, from 0 (in the URL from 1, as attempts are counted for people); null: the latest. */
  readonly attempt: number | null;
  /** The process of the task whose Deck and log are shown, of one that runs as several; null: rank 0. */
  readonly rank: Rank | null;
  readonly run: RunView;
  /** The tab of the Deck; null: its first. */
  readonly tab: string | null;
  /** Where its charts are zoomed into, and which series are hidden, as `core/look.ts` writes them. */
  readonly zoom: string | null;
  readonly hide: string | null;
  /** Only nodes in this phase are listed; null: all. */
  readonly only: string | null;
  /** Only nodes with this in their name, id or inputs are listed; empty: all. */
  readonly find: string;
  /** The graph is of what is inside of this node; null: of the workflow. */
  readonly inside: string | null;
}

/** A Deck that its viewer has not chosen anything of yet: what was chosen of another is not of this one. */
export const UNTOUCHED_DECK: Pick<ExecutionRoute, "tab" | "zoom" | "hide"> = { tab: null, zoom: null, hide: null };

export interface UnknownRoute {
  readonly page: "unknown";
}

export interface HomeRoute {
  readonly page: "home";
}

export type Route = ExecutionsRoute | ExecutionRoute | HomeRoute | UnknownRoute;

export function parseRoute(path: string, search: string): Route {
  const parts = decodedParts(path.replace(/^\/console/, ""));
  if (parts === null) return { page: "unknown" };
  if (parts.length === 0) return { page: "home" };
  const [projects, project, domains, domain, executions, name, ...more] = parts;
  const query = new URLSearchParams(search);
  if (projects !== "projects" || !project || more.length > 0) return { page: "unknown" };
  if (domains !== "domains" || !domain || executions !== "executions") return { page: "unknown" };
  if (name === undefined) return executionsRoute(project, domain, query);
  return executionRoute(project, domain, name, query);
}

/** The parts of a path; null when it is not UTF-8, such as `/%E0%A4%A`, and so the address of nothing. */
function decodedParts(path: string): string[] | null {
  try {
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return null;
  }
}

function executionsRoute(project: string, domain: string, query: URLSearchParams): ExecutionsRoute {
  return {
    page: "executions",
    project,
    domain,
    phase: query.get("phase"),
    workflow: query.get("workflow") ?? "",
  };
}

function executionRoute(project: string, domain: string, name: string, query: URLSearchParams): ExecutionRoute {
  const attempt = Number.parseInt(query.get("attempt") ?? "", 10);
  return {
    page: "execution",
    project,
    domain,
    name,
    node: query.get("node"),
    view: NODE_VIEWS.find((view) => view === query.get("view")) ?? null,
    attempt: attempt >= 1 ? attempt - 1 : null,
    rank: parseRank(query.get("rank")),
    run: RUN_VIEWS.find((run) => run === query.get("run")) ?? "timeline",
    tab: query.get("tab"),
    zoom: query.get("zoom"),
    hide: query.get("hide"),
    only: query.get("phase"),
    find: query.get("find") ?? "",
    inside: query.get("inside"),
  };
}

export function executionsPath(route: Pick<ExecutionsRoute, "project" | "domain"> & Partial<ExecutionsRoute>): string {
  const path = `${BASE}/projects/${enc(route.project)}/domains/${enc(route.domain)}/executions`;
  return withQuery(path, { phase: route.phase ?? null, workflow: route.workflow ?? null });
}

export function executionPath(
  route: Pick<ExecutionRoute, "project" | "domain" | "name"> & Partial<ExecutionRoute>,
): string {
  const path = `${executionsPath({ project: route.project, domain: route.domain })}/${enc(route.name)}`;
  return withQuery(path, {
    node: route.node ?? null,
    view: route.view ?? null,
    attempt: typeof route.attempt === "number" ? String(route.attempt + 1) : null,
    rank: route.rank ? String(route.rank) : null,
    run: route.run === "timeline" ? null : (route.run ?? null),
    tab: route.tab ?? null,
    zoom: route.zoom ?? null,
    hide: route.hide ?? null,
    phase: route.only ?? null,
    find: route.find ?? null,
    inside: route.inside ?? null,
  });
}

function withQuery(path: string, values: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value) query.set(key, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

const enc = encodeURIComponent;
