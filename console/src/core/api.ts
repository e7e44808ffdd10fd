/** The REST surface, as far as the console calls it. */
import type {
  DynamicNodeWorkflow,
  Execution,
  ExecutionData,
  ExecutionId,
  ExecutionList,
  Literal,
  NodeExecution,
  NodeExecutionId,
  Project,
  EntityId,
  Workflow,
} from "../protocol/flyte";

/** The server said no, in its words; or there was no server to say anything. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface ExecutionsQuery {
  readonly project: string;
  readonly domain: string;
  readonly phase: string | null;
  /** Part of a workflow's name; empty for any. */
  readonly workflow: string;
  readonly token: string;
  readonly limit: number;
}

export interface AttemptId extends ExecutionId {
  readonly node: string;
  readonly attempt: number | "latest";
}

export interface SharedLink {
  readonly url: string;
  readonly expires_at: string;
}

export function listExecutions(query: ExecutionsQuery, signal?: AbortSignal): Promise<ExecutionList> {
  const filters = [
    query.phase && `eq(phase,${query.phase})`,
    query.workflow && `contains(workflow.name,${query.workflow.replace(/[()+,;]/g, "")})`,
  ].filter(Boolean);
  const search = new URLSearchParams({
    limit: String(query.limit),
    "sort_by.key": "created_at",
    "sort_by.direction": "DESCENDING",
    ...(query.token && { token: query.token }),
    ...(filters.length > 0 && { filters: filters.join("+") }),
  });
  return get(`/api/v1/executions/${path(query.project, query.domain)}?${search.toString()}`, signal);
}

/**
 * How many executions were looked at up to a page's token: the server tries a filter that no index of its serves on a
 * limited number for each page, so that a page may hold few or none although there are more to look at.
 */
export function lookedThrough(token: string | undefined): number {
  return Number(/^~(\d+)~/.exec(token ?? "")?.[1] ?? 0);
}

export function listProjects(signal?: AbortSignal): Promise<{ readonly projects?: readonly Project[] }> {
  return get("/api/v1/projects", signal);
}

export function getExecutionData(id: ExecutionId, signal?: AbortSignal): Promise<ExecutionData> {
  return get(`/api/v1/data/executions/${executionKey(id)}`, signal);
}

export function getNodeData(id: NodeExecutionId, signal?: AbortSignal): Promise<ExecutionData> {
  return get(`/api/v1/data/node_executions/${nodeKey(id)}`, signal);
}

export function getNode(id: NodeExecutionId, signal?: AbortSignal): Promise<NodeExecution> {
  return get(`/api/v1/node_executions/${nodeKey(id)}`, signal);
}

export function getWorkflow(id: EntityId, signal?: AbortSignal): Promise<Workflow> {
  return get(`/api/v1/workflows/${path(id.project, id.domain, id.name, id.version)}`, signal);
}

/** What a dynamic task has said is to run; it is an error to ask before it has. */
export function getDynamicWorkflow(id: NodeExecutionId, signal?: AbortSignal): Promise<DynamicNodeWorkflow> {
  return get(`/api/v1/node_executions/${nodeKey(id)}/dynamic_workflow`, signal);
}

/** The id of an execution's trace; only where executions have traces. */
export function getTraceId(id: ExecutionId, signal?: AbortSignal): Promise<{ readonly traceId: string }> {
  return get(`/live/traces/${executionKey(id)}`, signal);
}

export function abortExecution(id: ExecutionId, cause: string): Promise<unknown> {
  return send("DELETE", `/api/v1/executions/${executionKey(id)}`, { id, cause });
}

export function relaunchExecution(id: ExecutionId): Promise<Pick<Execution, "id">> {
  return send("POST", "/api/v1/executions/relaunch", { id });
}

/** Runs the same again, but for what has succeeded: those nodes keep their outputs, and their Decks. */
export function recoverExecution(id: ExecutionId): Promise<Pick<Execution, "id">> {
  return send("POST", "/api/v1/executions/recover", { id });
}

/** Gives a node that waits what it waits for. */
export function setSignal({ project, domain, name }: ExecutionId, signalId: string, value: Literal): Promise<unknown> {
  return send("POST", "/api/v1/signals", { id: { signalId, executionId: { project, domain, name } }, value });
}

/** Deletes an execution that is over, with all its data. */
export function deleteExecution(id: ExecutionId): Promise<unknown> {
  return request(`/live/executions/${executionKey(id)}`, { method: "DELETE" });
}

/** One object behind a file, folder or frame, and where it can be downloaded for a while. */
export interface StoredFile {
  readonly name: string;
  readonly url: string;
}

export function listFiles(uri: string, signal?: AbortSignal): Promise<{ readonly files: readonly StoredFile[] }> {
  return get(`/live/files?${new URLSearchParams({ uri }).toString()}`, signal);
}

export function shareDeck({ attempt, ...id }: AttemptId): Promise<SharedLink> {
  return send("POST", "/decks/share", { ...id, attempt });
}

export function executionKey({ project, domain, name }: ExecutionId): string {
  return path(project, domain, name);
}

/** Of a node, or of an item of an array node (`n0:17`). */
export function nodeKey({ nodeId, executionId }: NodeExecutionId): string {
  return `${executionKey(executionId)}/${path(nodeId)}`;
}

export function attemptKey(id: AttemptId): string {
  return `${executionKey(id)}/${path(id.node, String(id.attempt))}`;
}

function path(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join("/");
}

function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return request(url, signal ? { signal } : {});
}

function send<T>(method: string, url: string, body: unknown): Promise<T> {
  return request(url, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  const headers = { Accept: "application/json", ...(init.headers as Record<string, string> | undefined) };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The server does not answer.", 0);
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(messageOf(text) ?? `The server answered ${response.status}.`, response.status);
  return (text === "" ? null : JSON.parse(text)) as T;
}

function messageOf(text: string): string | null {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
