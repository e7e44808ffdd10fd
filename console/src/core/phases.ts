/** What each of Flyte's phases is called here and how it looks: a tone (colour) and an icon, never colour alone. */
import type { Gate } from "./gates";
import type { NodePhase, TaskExecution, TaskPhase, WorkflowPhase } from "../protocol/flyte";

export type Tone = "waiting" | "running" | "good" | "bad" | "warn" | "quiet";
export type PhaseIcon = "clock" | "spinner" | "check" | "cross" | "stop" | "skip" | "timeout" | "retry";

export interface PhaseLook {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: PhaseIcon;
  /** Nothing follows it. */
  readonly terminal: boolean;
}

const look = (label: string, tone: Tone, icon: PhaseIcon, terminal = false): PhaseLook => ({
  label,
  tone,
  icon,
  terminal,
});

const QUEUED = look("Queued", "waiting", "clock");
const RUNNING = look("Running", "running", "spinner");
const SUCCEEDED = look("Succeeded", "good", "check", true);
const FAILED = look("Failed", "bad", "cross", true);
const ABORTED = look("Aborted", "warn", "stop", true);
const TIMED_OUT = look("Timed out", "bad", "timeout", true);

const NOT_STARTED = look("Not started", "quiet", "clock");

/** Muted: what came of the node is told by the attempt that followed. */
const RETRIED = look("Failed, retried", "quiet", "retry", true);

/** How something looks of which nothing more is known: as what it was, unless that was its end. */
export function lastKnown(look: PhaseLook): PhaseLook {
  if (look.terminal || look === NOT_STARTED) return look;
  return { label: `Was ${look.label.toLowerCase()}`, tone: "quiet", icon: "clock", terminal: false };
}

export const WORKFLOW_PHASES: Readonly<Record<WorkflowPhase, PhaseLook>> = {
  UNDEFINED: QUEUED,
  QUEUED,
  RUNNING,
  SUCCEEDING: look("Succeeding", "running", "spinner"),
  SUCCEEDED,
  FAILING: look("Failing", "bad", "spinner"),
  FAILED,
  ABORTING: look("Aborting", "warn", "spinner"),
  ABORTED,
  TIMED_OUT,
};

export const NODE_PHASES: Readonly<Record<NodePhase, PhaseLook>> = {
  UNDEFINED: NOT_STARTED,
  QUEUED,
  RUNNING,
  DYNAMIC_RUNNING: look("Running children", "running", "spinner"),
  SUCCEEDED,
  RECOVERED: look("Recovered", "good", "check", true),
  FAILING: look("Failing", "bad", "spinner"),
  FAILED,
  ABORTED,
  SKIPPED: look("Skipped", "quiet", "skip", true),
  TIMED_OUT,
};

/** How a node stands, which is its phase, but that Flyte calls a gate that is reached RUNNING. */
export type NodeState = NodePhase | "WAITING";

export const NODE_STATES: Readonly<Record<NodeState, PhaseLook>> = {
  WAITING: look("Waiting", "waiting", "clock"), // somebody is to answer, or time to pass: nothing runs
  ...NODE_PHASES,
};

interface Standing {
  readonly phase: NodePhase;
  readonly gate: Gate | null;
}

export function nodeState({ phase, gate }: Standing): NodeState {
  return gate !== null && phase === "RUNNING" ? "WAITING" : phase;
}

export function nodeLook(node: Standing): PhaseLook {
  return NODE_STATES[nodeState(node)];
}

export const TASK_PHASES: Readonly<Record<TaskPhase, PhaseLook>> = {
  UNDEFINED: QUEUED,
  QUEUED,
  INITIALIZING: QUEUED,
  WAITING_FOR_RESOURCES: QUEUED,
  RUNNING,
  SUCCEEDED,
  RETRYABLE_FAILED: RETRIED,
  FAILED,
  ABORTED,
};

const WAITS: ReadonlySet<TaskPhase> = new Set(["UNDEFINED", "QUEUED", "INITIALIZING", "WAITING_FOR_RESOURCES"]);

/** Whether an attempt is recorded whose process does not exist yet. */
export function isQueued({ closure }: TaskExecution): boolean {
  return WAITS.has(closure?.phase ?? "UNDEFINED");
}

/** How one of a node's attempts looks: Flyte calls each that failed FAILED, whether or not another followed. */
export function attemptLook(attempt: TaskExecution, attempts: readonly TaskExecution[]): PhaseLook {
  const phase = attempt.closure?.phase ?? "UNDEFINED";
  return phase === "FAILED" && attempts.at(-1) !== attempt ? RETRIED : TASK_PHASES[phase];
}
