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
    Unprepared,
)
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.nodes.overrides import task_plan
from livedeck.propeller.phases import TASK, NodePhase, TaskEvent, TaskPhase, advance
from livedeck.propeller.phases import NodeEvent as Move
from livedeck.propeller.plan import TaskPlan
from livedeck.propeller.planner import Planner
from livedeck.propeller.state import AttemptState, NodeState, Stopping
from livedeck.propeller.turn import Turn


class TaskKind:
    """QUEUED until the process of an attempt exists, RUNNING from then on."""

    def detail(self, node: Node, planner: Planner) -> TaskPlan:
        return task_plan(node, planner.task(node.task_node.reference_id), system_retries=planner.system_retries)

    def ready(self, turn: Turn, path: Path) -> None:
        turn.move(path, Move.QUEUE)
        turn.ask(Prepare(path))

    def handle(self, turn: Turn, path: Path, event: NodeEvent) -> None:
        node = turn.node(path)
        if isinstance(event, AttemptEvent):
            if _live(node, event.attempt):
                _ON_ATTEMPT[type(event)](turn, path, event)
        elif node.phase is NodePhase.QUEUED and node.attempt is None:
            _ON_QUEUED[type(event)](turn, path, event)

    def resume(self, turn: Turn, path: Path) -> None:
        node = turn.node(path)
        if node.phase is NodePhase.RUNNING or node.attempt is not None:
            _resume_attempt(turn, path, node.attempt)
        elif turn.scope(path[:-1]).closing:
            turn.abort(path)
        else:
            turn.ask(Prepare(path))

    def stop(self, turn: Turn, path: Path) -> None:
        attempt = turn.node(path).attempt
        if attempt is None or attempt.phase.terminal:
            turn.abort(path)
        elif attempt.stopping is not Stopping.ABORT:
            _stop_attempt(turn, path, attempt, Stopping.ABORT)

    def scope_over(self, turn: Turn, path: Path, *, succeeded: bool) -> None:
        """It holds no nodes."""


def _live(node: NodeState, number: int) -> bool:
    """Whether what is told of an attempt still matters: it is the latest one, and not over."""
    attempt = node.attempt
    return attempt is not None and attempt.number == number and not attempt.phase.terminal


def _on_prepared(turn: Turn, path: Path, _: Prepared) -> None:
    turn.put(path, replace(turn.node(path), attempt=AttemptState(0)))
    _launch(turn, path)


def _on_cache_hit(turn: Turn, path: Path, _: CacheHit) -> None:
    turn.succeed(path, cached=True)


def _on_unprepared(turn: Turn, path: Path, event: Unprepared) -> None:
    turn.fail(path, event.failure)


def _on_waits(turn: Turn, path: Path, event: AttemptWaits) -> None:
    attempt = turn.node(path).attempt
    if attempt is not None and attempt.phase is TaskPhase.QUEUED:
        _move_attempt(turn, path, TaskEvent.WAIT, reason=event.reason)


def _on_started(turn: Turn, path: Path, _: AttemptStarted) -> None:
    attempt = turn.node(path).attempt
    if attempt is not None and attempt.phase in _WAITS:
        _run(turn, path, attempt)
        _move_attempt(turn, path, TaskEvent.START)


_WAITS = (TaskPhase.QUEUED, TaskPhase.WAITING_FOR_RESOURCES)


def _run(turn: Turn, path: Path, attempt: AttemptState) -> None:
    """The node runs, and from now on this attempt's Deck is the node's."""
    if turn.node(path).phase is NodePhase.QUEUED:
        turn.move(path, Move.RUN)
    elif attempt.number and turn.plan(path).detail.generates_deck:
        turn.ask(ReportNode(path, NodePhase.RUNNING, attempt=attempt.number))


def _on_succeeded(turn: Turn, path: Path, event: AttemptSucceeded) -> None:
    _on_started(turn, path, AttemptStarted(path, event.attempt))  # it did, even if nobody saw that
    # Also when it was being stopped: its outputs are there, and to say otherwise would be untrue.
    _move_attempt(turn, path, TaskEvent.SUCCEED)
    turn.succeed(path)


def _on_expired(turn: Turn, path: Path, _: AttemptExpired) -> None:
    attempt = turn.node(path).attempt
    if attempt is not None and attempt.stopping is None:
        _stop_attempt(turn, path, attempt, Stopping.TIMEOUT)


def _on_failed(turn: Turn, path: Path, event: AttemptFailed) -> None:
    attempt = turn.node(path).attempt
    assert attempt is not None
    if attempt.stopping is Stopping.ABORT:
        _move_attempt(turn, path, TaskEvent.ABORT)
        turn.abort(path)
        return
    task: TaskPlan = turn.plan(path).detail
    failure = _expired(task) if attempt.stopping is Stopping.TIMEOUT else event.failure
    verdict = _charge(turn, path, task, failure)
    if verdict is None:
        _move_attempt(turn, path, TaskEvent.RETRY, failure)
        _launch_next(turn, path)
    else:
        _move_attempt(turn, path, TaskEvent.FAIL, failure)
        turn.fail(path, verdict)


_ON_QUEUED: Mapping[type[NodeEvent], Callable[[Turn, Path, Any], None]] = {
    Prepared: _on_prepared,
    CacheHit: _on_cache_hit,
    Unprepared: _on_unprepared,
}

_ON_ATTEMPT: Mapping[type[NodeEvent], Callable[[Turn, Path, Any], None]] = {
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


def _charge(turn: Turn, path: Path, task: TaskPlan, failure: Failure) -> Failure | None:
    """Take the failure from its budget; return None if another attempt may follow, else the node's failure."""
    if not failure.recoverable:
        return failure
    node = turn.node(path)
    system = failure.blame is Blame.SYSTEM
    user_failures, system_failures = node.user_failures + (not system), node.system_failures + system
    turn.put(path, replace(node, user_failures=user_failures, system_failures=system_failures))
    spent = system_failures > task.system_retries if system else user_failures > task.retries
    return failure.exhausted(user_failures + system_failures) if spent else None


def _launch_next(turn: Turn, path: Path) -> None:
    node = turn.node(path)
    assert node.attempt is not None
    number = node.attempt.number + 1
    turn.put(path, replace(node, attempt=AttemptState(number)))
    _launch(turn, path)


def _launch(turn: Turn, path: Path) -> None:
    attempt = _move_attempt(turn, path, TaskEvent.QUEUE)
    turn.ask(Launch(path, attempt.number))


def _stop_attempt(turn: Turn, path: Path, attempt: AttemptState, why: Stopping) -> None:
    turn.put(path, replace(turn.node(path), attempt=replace(attempt, stopping=why)))
    turn.ask(Stop(path, attempt.number))


def _move_attempt(
    turn: Turn, path: Path, event: TaskEvent, failure: Failure | None = None, *, reason: str = ""
) -> AttemptState:
    node = turn.node(path)
    assert node.attempt is not None
    attempt = replace(node.attempt, phase=advance(TASK, node.attempt.phase, event))
    turn.put(path, replace(node, attempt=attempt))
    turn.ask(ReportTask(path, attempt.number, attempt.phase, failure, reason))
    return attempt


def _resume_attempt(turn: Turn, path: Path, attempt: AttemptState | None) -> None:
    """What an attempt's recorded phase calls for."""
    closing = turn.scope(path[:-1]).closing
    phase = attempt.phase if attempt else TaskPhase.UNDEFINED
    if phase is TaskPhase.SUCCEEDED:
        turn.succeed(path)
    elif phase is TaskPhase.FAILED:
        turn.fail(path, turn.node(path).failure or Failure("Unknown", "The attempt failed and left no message."))
    elif attempt is not None and phase in (*_WAITS, TaskPhase.RUNNING):
        turn.ask(Launch(path, attempt.number, adopt=True))
        if closing:
            _stop_attempt(turn, path, attempt, Stopping.ABORT)
    elif closing or phase is TaskPhase.ABORTED:
        turn.abort(path)
    elif phase is TaskPhase.RETRYABLE_FAILED:
        _launch_next(turn, path)
    else:
        turn.put(path, replace(turn.node(path), attempt=AttemptState(0)))
        _launch(turn, path)
