/** What each of Flyte's phases is called here and how it looks: a tone (colour) and an icon, never colour alone. */
import type { NodePhase, TaskPhase, WorkflowPhase } from "../protocol/flyte";

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
  UNDEFINED: look("Not started", "quiet", "clock"),
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

export const TASK_PHASES: Readonly<Record<TaskPhase, PhaseLook>> = {
  UNDEFINED: QUEUED,
  QUEUED,
  INITIALIZING: look("Initializing", "waiting", "clock"),
  WAITING_FOR_RESOURCES: look("Waiting for resources", "waiting", "clock"),
  RUNNING,
  SUCCEEDED,
  RETRYABLE_FAILED: look("Failed, retried", "warn", "retry", true),
  FAILED,
  ABORTED,
};
