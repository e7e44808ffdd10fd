"""The rules of a task's node: one attempt at a time, until one succeeds or the budget of failures is spent.

QUEUED until the process of an attempt exists, RUNNING from then on. User and system failures are counted apart, as in
Flyte: ``retries`` of the task pays for the first, the engine's own budget for the second.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from livedeck.deck.numerals import format_duration
from livedeck.propeller.commands import Launch, Prepare, ReleaseOutputs, ReserveOutputs, Stop
from livedeck.propeller.events import (
    AttemptEvent,
    AttemptExpired,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptWaits,
    CacheHit,
    CacheMissed,
    NodeEvent,
    OutputsAwaited,
    Prepared,
    PrepareFailed,
)
from livedeck.propeller.failures import Blame, Failure
from livedeck.propeller.phases import NodePhase, NodeTrigger, TaskPhase, TaskTrigger
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.recovery import RecordedNode
from livedeck.propeller.state import AttemptState, NodeState, Stopping
from livedeck.propeller.transition import Transition


def ready(transition: Transition, path: Path) -> None:
    """Queue the node and ask for its inputs."""
    transition.move(path, NodeTrigger.QUEUE)
    transition.ask(Prepare(path))


def handle(task: TaskPlan, transition: Transition, path: Path, event: NodeEvent) -> None:
    """Take an event, unless it is about an attempt before the latest one, or told twice."""
    node = transition.node(path)
    if isinstance(event, AttemptEvent):
        if _live(node, event.attempt):
            _ON_ATTEMPT[type(event)](task, transition, path, event)
    elif node.phase is NodePhase.QUEUED and node.attempt is None:
        _ON_QUEUED[type(event)](transition, path, event)


def resume(task: TaskPlan, transition: Transition, path: Path) -> None:
    """Ask again for the inputs or for the attempt, whichever the node had come to."""
    node = transition.node(path)
    if node.phase is NodePhase.RUNNING or node.attempt is not None:
        _resume_attempt(task, transition, path, node.attempt)
    elif transition.ends(path):
        _abort(task, transition, path)
    else:
        transition.ask(Prepare(path))


def stop(task: TaskPlan, transition: Transition, path: Path) -> None:
    """End the node at once if no attempt runs, else ask for the attempt to be stopped."""
    attempt = transition.node(path).attempt
    if attempt is None or attempt.phase.terminal:
        _abort(task, transition, path)
    elif attempt.stopping is not Stopping.ABORT:
        _stop_attempt(transition, path, attempt, Stopping.ABORT)


def rebuild(node: NodeState, record: RecordedNode) -> NodeState:
    """Take the latest attempt, and the budget that the earlier ones have used, from the record."""
    if not record.attempts:
        return node
    latest = max(record.attempts)
    earlier = [attempt.failure for number, attempt in record.attempts.items() if number < latest]
    system = sum(failure is not None and failure.blame is Blame.SYSTEM for failure in earlier)
    last = record.attempts[latest]
    return replace(
        node,
        attempt=AttemptState(latest, last.phase),
        user_failures=len(earlier) - system,
        system_failures=system,
        failure=node.failure or last.failure,
    )


def give_up(task: TaskPlan, transition: Transition, path: Path) -> None:
    """Let others compute what the node, which is over, has reserved and has not made."""
    if task.serial:
        transition.ask(ReleaseOutputs(path))


def _abort(task: TaskPlan, transition: Transition, path: Path) -> None:
    transition.abort(path)
    give_up(task, transition, path)


def _fail(task: TaskPlan, transition: Transition, path: Path, failure: Failure) -> None:
    transition.fail(path, failure)
    give_up(task, transition, path)


def _live(node: NodeState, number: int) -> bool:
    """Whether what is told of an attempt still matters: it is the latest one, and not over."""
    attempt = node.attempt
    return attempt is not None and attempt.number == number and not attempt.phase.terminal


def _on_prepared(transition: Transition, path: Path, _: Prepared) -> None:
    transition.idle(path, waits=False)
    transition.put(path, replace(transition.node(path), attempt=AttemptState(0)))
    _launch(transition, path)


def _on_cache_missed(transition: Transition, path: Path, _: CacheMissed) -> None:
    transition.ask(ReserveOutputs(path))


def _on_awaited(transition: Transition, path: Path, _: OutputsAwaited) -> None:
    transition.idle(path, waits=True)


def _on_cache_hit(transition: Transition, path: Path, _: CacheHit) -> None:
    transition.succeed(path, cached=True)


def _on_prepare_failed(transition: Transition, path: Path, event: PrepareFailed) -> None:
    transition.fail(path, event.failure)


def _on_waits(task: TaskPlan, transition: Transition, path: Path, event: AttemptWaits) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.phase is TaskPhase.QUEUED:
        transition.move_attempt(path, TaskTrigger.WAIT, reason=event.reason)


def _on_started(task: TaskPlan, transition: Transition, path: Path, _: AttemptStarted) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.phase in _WAITS:
        _run(task, transition, path, attempt)
        transition.move_attempt(path, TaskTrigger.START)


_WAITS = (TaskPhase.QUEUED, TaskPhase.WAITING_FOR_RESOURCES)


def _run(task: TaskPlan, transition: Transition, path: Path, attempt: AttemptState) -> None:
    """Have the node run; from now on this attempt's Deck is the node's."""
    if transition.node(path).phase is NodePhase.QUEUED:
        transition.move(path, NodeTrigger.RUN)
    elif attempt.number and task.generates_deck:
        transition.report(path)


def _on_succeeded(task: TaskPlan, transition: Transition, path: Path, event: AttemptSucceeded) -> None:
    _on_started(task, transition, path, AttemptStarted(path, event.attempt))  # even if that was not seen
    # Also when it was being stopped: its outputs are there, and to say otherwise would be untrue.
    transition.move_attempt(path, TaskTrigger.SUCCEED)
    transition.succeed(path)


def _on_expired(task: TaskPlan, transition: Transition, path: Path, _: AttemptExpired) -> None:
    attempt = transition.node(path).attempt
    if attempt is not None and attempt.stopping is None:
        _stop_attempt(transition, path, attempt, Stopping.TIMEOUT)


def _on_failed(task: TaskPlan, transition: Transition, path: Path, event: AttemptFailed) -> None:
    attempt = transition.node(path).attempt
    assert attempt is not None
    if attempt.stopping is Stopping.ABORT:
        transition.move_attempt(path, TaskTrigger.ABORT)
        _abort(task, transition, path)
        return
    failure = _expired(task) if attempt.stopping is Stopping.TIMEOUT else event.failure
    if not failure.recoverable and transition.node(path).user_failures < task.retries:
        failure = failure.final(task.retries)
    verdict = _charge(transition, path, task, failure)
    if verdict is None:
        transition.move_attempt(path, TaskTrigger.RETRY, failure)
        _launch_next(transition, path)
    else:
        transition.move_attempt(path, TaskTrigger.FAIL, failure)
        _fail(task, transition, path, verdict)


_ON_QUEUED: Mapping[type[NodeEvent], Callable[[Transition, Path, Any], None]] = {
    Prepared: _on_prepared,
    CacheHit: _on_cache_hit,
    CacheMissed: _on_cache_missed,
    OutputsAwaited: _on_awaited,
    PrepareFailed: _on_prepare_failed,
}

_ON_ATTEMPT: Mapping[type[NodeEvent], Callable[[TaskPlan, Transition, Path, Any], None]] = {
    AttemptWaits: _on_waits,
    AttemptStarted: _on_started,
    AttemptSucceeded: _on_succeeded,
    AttemptFailed: _on_failed,
    AttemptExpired: _on_expired,
}


def _expired(task: TaskPlan) -> Failure:
    limit = f" of {format_duration(task.timeout.total_seconds())}" if task.timeout is not None else ""
    return Failure(
        "TimeoutExpired",
        f"The attempt ran longer than its timeout{limit} and was stopped. "
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
    attempt = transition.move_attempt(path, TaskTrigger.QUEUE)
    transition.ask(Launch(path, attempt.number))


def _stop_attempt(transition: Transition, path: Path, attempt: AttemptState, why: Stopping) -> None:
    transition.put(path, replace(transition.node(path), attempt=replace(attempt, stopping=why)))
    transition.ask(Stop(path, attempt.number))


def _resume_attempt(task: TaskPlan, transition: Transition, path: Path, attempt: AttemptState | None) -> None:
    """What an attempt's recorded phase calls for."""
    closing = transition.ends(path)
    phase = attempt.phase if attempt else TaskPhase.UNDEFINED
    if phase is TaskPhase.SUCCEEDED:
        transition.succeed(path)
    elif phase is TaskPhase.FAILED:
        unknown = Failure("Unknown", "The attempt failed and left no message.")
        _fail(task, transition, path, transition.node(path).failure or unknown)
    elif attempt is not None and phase in (*_WAITS, TaskPhase.RUNNING):
        transition.ask(Launch(path, attempt.number, adopt=True))
        if closing:
            _stop_attempt(transition, path, attempt, Stopping.ABORT)
    elif closing or phase is TaskPhase.ABORTED:
        _abort(task, transition, path)
    elif phase is TaskPhase.RETRYABLE_FAILED:
        _launch_next(transition, path)
    else:
        transition.put(path, replace(transition.node(path), attempt=AttemptState(0)))
        _launch(transition, path)
