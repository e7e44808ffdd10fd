"""A node that runs a task: one attempt at a time, until one succeeds or the budget of failures is spent.

User and system failures are counted apart, as in Flyte: ``retries`` of the task pays for the first, the engine's own
budget for the second.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flyteidl.core.workflow_pb2 import Node

from livedeck.propeller.commands import Launch, Prepare, ReportNode, ReportTask, Stop
from livedeck.propeller.events import (
    AttemptEvent,
    AttemptExpired,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptWaits,
    CacheHit,
    NodeEvent,
    Path,
    Prepared,
    PrepareFailed,
)
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.nodes.overrides import task_plan
from livedeck.propeller.phases import TASK, NodePhase, NodeTrigger, TaskPhase, TaskTrigger, advance
from livedeck.propeller.plan import TaskPlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.state import AttemptState, NodeState, Stopping
from livedeck.propeller.transition import Transition


class TaskKind:
    """QUEUED until the process of an attempt exists, RUNNING from then on."""

    def detail(self, node: Node, planner: Planner) -> TaskPlan:
        return task_plan(node, planner.task(node.task_node.reference_id), system_retries=planner.system_retries)

    def ready(self, transition: Transition, path: Path) -> None:
        transition.move(path, NodeTrigger.QUEUE)
        transition.ask(Prepare(path))

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        node = transition.node(path)
        if isinstance(event, AttemptEvent):
            if _live(node, event.attempt):
                _ON_ATTEMPT[type(event)](transition, path, event)
        elif node.phase is NodePhase.QUEUED and node.attempt is None:
            _ON_QUEUED[type(event)](transition, path, event)

    def resume(self, transition: Transition, path: Path) -> None:
        node = transition.node(path)
        if node.phase is NodePhase.RUNNING or node.attempt is not None:
            _resume_attempt(transition, path, node.attempt)
        elif transition.scope(path[:-1]).closing:
            transition.abort(path)
        else:
            transition.ask(Prepare(path))

    def stop(self, transition: Transition, path: Path) -> None:
        attempt = transition.node(path).attempt
        if attempt is None or attempt.phase.terminal:
            transition.abort(path)
        elif attempt.stopping is not Stopping.ABORT:
            _stop_attempt(transition, path, attempt, Stopping.ABORT)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""


def _live(node: NodeState, number: int) -> bool:
    """Whether what is told of an attempt still matters: it is the latest one, and not over."""
    attempt = node.attempt
    return attempt is not None and attempt.number == number and not attempt.phase.terminal


def _on_prepared(transition: Transition, path: Path, _: Prepared) -> None:
    transition.put(path, replace(transition.node(path), attempt=AttemptState(0)))
    _launch(transition, path)


def _on_cache_hit(transition: Transition, path: Path, _: CacheHit) -> None:
    transition.succeed(path, cached=True)


def _on_unprepared(transition: Transition, path: Path, event: PrepareFailed) -> None:
    transition.fail(path, event.failure)


def _on_waits(transition: Transition, path: Path, event: AttemptWaits) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.phase is TaskPhase.QUEUED:
        _move_attempt(transition, path, TaskTrigger.WAIT, reason=event.reason)


def _on_started(transition: Transition, path: Path, _: AttemptStarted) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.phase in _WAITS:
        _run(transition, path, attempt)
        _move_attempt(transition, path, TaskTrigger.START)


_WAITS = (TaskPhase.QUEUED, TaskPhase.WAITING_FOR_RESOURCES)


def _run(transition: Transition, path: Path, attempt: AttemptState) -> None:
    """The node runs, and from now on this attempt's Deck is the node's."""
    if transition.node(path).phase is NodePhase.QUEUED:
        transition.move(path, NodeTrigger.RUN)
    elif attempt.number and transition.plan(path).detail.generates_deck:
        transition.ask(ReportNode(path, NodePhase.RUNNING, attempt=attempt.number))


def _on_succeeded(transition: Transition, path: Path, event: AttemptSucceeded) -> None:
    _on_started(transition, path, AttemptStarted(path, event.attempt))  # it did, even if nobody saw that
    # Also when it was being stopped: its outputs are there, and to say otherwise would be untrue.
    _move_attempt(transition, path, TaskTrigger.SUCCEED)
    transition.succeed(path)


def _on_expired(transition: Transition, path: Path, _: AttemptExpired) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.stopping is None:
        _stop_attempt(transition, path, attempt, Stopping.TIMEOUT)


def _on_failed(transition: Transition, path: Path, event: AttemptFailed) -> None:
    attempt = transition.node(path).attempt
    assert attempt is not None
    if attempt.stopping is Stopping.ABORT:
        _move_attempt(transition, path, TaskTrigger.ABORT)
        transition.abort(path)
        return
    task: TaskPlan = transition.plan(path).detail
    failure = _expired(task) if attempt.stopping is Stopping.TIMEOUT else event.failure
    if not failure.recoverable and transition.node(path).user_failures < task.retries:
        failure = failure.final(task.retries)
    verdict = _charge(transition, path, task, failure)
    if verdict is None:
        _move_attempt(transition, path, TaskTrigger.RETRY, failure)
        _launch_next(transition, path)
    else:
        _move_attempt(transition, path, TaskTrigger.FAIL, failure)
        transition.fail(path, verdict)


_ON_QUEUED: Mapping[type[NodeEvent], Callable[[Transition, Path, Any], None]] = {
    Prepared: _on_prepared,
    CacheHit: _on_cache_hit,
    PrepareFailed: _on_unprepared,
}

_ON_ATTEMPT: Mapping[type[NodeEvent], Callable[[Transition, Path, Any], None]] = {
    AttemptWaits: _on_waits,
    AttemptStarted: _on_started,
    AttemptSucceeded: _on_succeeded,
    AttemptFailed: _on_failed,
    AttemptExpired: _on_expired,
}


def _expired(task: TaskPlan) -> Failure:
    return Failure(
        "TimeoutExpired",
        f"The attempt ran longer than its timeout of {task.timeout} and was stopped. "
        "Give the task a longer timeout, or less to do.",
        Blame.USER,
        recoverable=True,
    )


def _charge(transition: Transition, path: Path, task: TaskPlan, failure: Failure) -> Failure | None:
    """Take the failure from its budget; return None if another attempt may follow, else the node's failure."""
    if not failure.recoverable:
        return failure
    node = transition.node(path)
    system = failure.blame is Blame.SYSTEM
    user_failures, system_failures = node.user_failures + (not system), node.system_failures + system
    transition.put(path, replace(node, user_failures=user_failures, system_failures=system_failures))
    spent = system_failures > task.system_retries if system else user_failures > task.retries
    return failure.exhausted(user_failures + system_failures) if spent else None


def _launch_next(transition: Transition, path: Path) -> None:
    node = transition.node(path)
    assert node.attempt is not None
    number = node.attempt.number + 1
    transition.put(path, replace(node, attempt=AttemptState(number)))
    _launch(transition, path)


def _launch(transition: Transition, path: Path) -> None:
    attempt = _move_attempt(transition, path, TaskTrigger.QUEUE)
    transition.ask(Launch(path, attempt.number))


def _stop_attempt(transition: Transition, path: Path, attempt: AttemptState, why: Stopping) -> None:
    transition.put(path, replace(transition.node(path), attempt=replace(attempt, stopping=why)))
    transition.ask(Stop(path, attempt.number))


def _move_attempt(
    transition: Transition, path: Path, trigger: TaskTrigger, failure: Failure | None = None, *, reason: str = ""
) -> AttemptState:
    node = transition.node(path)
    assert node.attempt is not None
    attempt = replace(node.attempt, phase=advance(TASK, node.attempt.phase, trigger))
    transition.put(path, replace(node, attempt=attempt))
    transition.ask(ReportTask(path, attempt.number, attempt.phase, failure, reason))
    return attempt


def _resume_attempt(transition: Transition, path: Path, attempt: AttemptState | None) -> None:
    """What an attempt's recorded phase calls for."""
    closing = transition.scope(path[:-1]).closing
    phase = attempt.phase if attempt else TaskPhase.UNDEFINED
    if phase is TaskPhase.SUCCEEDED:
        transition.succeed(path)
    elif phase is TaskPhase.FAILED:
        transition.fail(
            path, transition.node(path).failure or Failure("Unknown", "The attempt failed and left no message.")
        )
    elif attempt is not None and phase in (*_WAITS, TaskPhase.RUNNING):
        transition.ask(Launch(path, attempt.number, adopt=True))
        if closing:
            _stop_attempt(transition, path, attempt, Stopping.ABORT)
    elif closing or phase is TaskPhase.ABORTED:
        transition.abort(path)
    elif phase is TaskPhase.RETRYABLE_FAILED:
        _launch_next(transition, path)
    else:
        transition.put(path, replace(transition.node(path), attempt=AttemptState(0)))
        _launch(transition, path)
