"""An execution's state, built again from what was recorded of it.

Everything that the machine decides is recorded before it matters, so the records are enough: an attempt that may run
is one that was recorded QUEUED or RUNNING, and ``machine`` asks for it again on ``Resume``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.propeller.addresses import unique_id
from livedeck.propeller.control_plane import Claim
from livedeck.propeller.events import Path
from livedeck.propeller.failures import Blame, Failure, aborted
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import NodePlan, ScopePlan
from livedeck.propeller.state import AttemptState, ExecutionState, NodeState, ScopeState
from livedeck.propeller.vector import Vector


@dataclass(frozen=True)
class RecordedAttempt:
    """What is on record of an attempt."""

    phase: TaskPhase
    failure: Failure | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class RecordedNode:
    """What is on record of a node."""

    phase: NodePhase
    failure: Failure | None = None
    output_uri: str = ""
    attempts: Mapping[int, RecordedAttempt] = field(default_factory=dict)


RecordedNodes = Mapping[str, RecordedNode]
"""By the node's unique id."""


def records_of(claim: Claim) -> RecordedNodes:
    """Read what was recorded of an execution."""
    attempts: dict[str, dict[int, RecordedAttempt]] = {}
    for task in claim.tasks:
        attempts.setdefault(task.id.node_execution_id.node_id, {})[task.id.retry_attempt] = _attempt(task)
    return {node.id.node_id: _node(node, attempts.get(node.id.node_id, {})) for node in claim.nodes}


def _node(node: NodeExecution, attempts: Mapping[int, RecordedAttempt]) -> RecordedNode:
    closure = node.closure
    failure = _failure(closure.error) if closure.HasField("error") else None
    return RecordedNode(NodePhase(closure.phase), failure, closure.output_uri, attempts)


def _attempt(task: TaskExecution) -> RecordedAttempt:
    closure = task.closure
    failure = _failure(closure.error) if closure.HasField("error") else None
    started = closure.started_at.ToDatetime(UTC) if closure.HasField("started_at") else None
    return RecordedAttempt(TaskPhase(closure.phase), failure, started)


def _failure(error: ExecutionError) -> Failure:
    return Failure(error.code, error.message, Blame(error.kind), error_uri=error.error_uri, worker=error.worker)


_CLOSING = frozenset({WorkflowPhase.ABORTING, WorkflowPhase.FAILING})


def rebuild(
    plan: ScopePlan, records: RecordedNodes, phase: WorkflowPhase = WorkflowPhase.UNDEFINED, abort_cause: str = ""
) -> ExecutionState:
    """Build the state that the records tell of. Follow it with the event ``Resume``.

    Args:
        plan: what the execution runs.
        records: what is on record of its nodes.
        phase: the execution's recorded phase.
        abort_cause: why it is to be aborted, if it is.
    """
    root = _scope(plan, "", records, closing=phase in _CLOSING)
    return ExecutionState(root, phase, _workflow_failure(phase, root, abort_cause))


def _workflow_failure(phase: WorkflowPhase, root: ScopeState, abort_cause: str) -> Failure | None:
    if phase is WorkflowPhase.ABORTING:
        return aborted(abort_cause)
    if phase is WorkflowPhase.FAILING:
        return root.failure or Failure("Unknown", "The engine stopped before it could record why this failed.")
    return None


def _scope(plan: ScopePlan, parent: str, records: RecordedNodes, *, closing: bool) -> ScopeState:
    names = [unique_id(parent, 0, node.id) for node in plan.nodes]
    found = [records.get(name) for name in names]
    failure = next((each.failure or _UNKNOWN for each in found if each and each.phase is NodePhase.FAILED), None)
    closing = closing or (failure is not None and plan.fail_immediately)
    waiting = _waiting(plan, found)
    nodes = [
        _state(node, name, record, waiting[node.index], records, closing=closing)
        for node, name, record in zip(plan.nodes, names, found, strict=True)
    ]
    active = sum(node.phase is not NodePhase.UNDEFINED and not node.phase.terminal for node in nodes)
    return ScopeState(plan, Vector(nodes), active, closing, failure)


_UNKNOWN = Failure("Unknown", "The node failed and left no message.")


def _waiting(plan: ScopePlan, found: Sequence[RecordedNode | None]) -> list[int]:
    waiting = [node.waiting for node in plan.nodes]
    for node, record in zip(plan.nodes, found, strict=True):
        if record is not None and record.phase.satisfied:
            for index in node.dependents:
                waiting[index] -= 1
    return waiting


def _state(
    plan: NodePlan, name: str, record: RecordedNode | None, waiting: int, records: RecordedNodes, *, closing: bool
) -> NodeState:
    if record is None:
        return NodeState(waiting)
    begun = record.phase in (NodePhase.RUNNING, NodePhase.FAILING, NodePhase.DYNAMIC_RUNNING)
    scope = None
    if begun and isinstance(plan.detail, ScopePlan):
        scope = _scope(plan.detail, name, records, closing=closing or record.phase is NodePhase.FAILING)
    return _with_attempts(NodeState(waiting, record.phase, failure=record.failure, scope=scope), record)


def _with_attempts(node: NodeState, record: RecordedNode) -> NodeState:
    if not record.attempts:
        return node
    latest = max(record.attempts)
    earlier = [attempt.failure for number, attempt in record.attempts.items() if number < latest]
    system = sum(failure is not None and failure.blame is Blame.SYSTEM for failure in earlier)
    last = record.attempts[latest]
    return NodeState(
        waiting=node.waiting,
        phase=node.phase,
        attempt=AttemptState(latest, last.phase),
        user_failures=len(earlier) - system,
        system_failures=system,
        failure=node.failure or last.failure,
        scope=node.scope,
    )


def walk(
    plan: ScopePlan, records: RecordedNodes, parent: str = "", above: Path = ()
) -> Iterator[tuple[Path, RecordedNode]]:
    """Every node that is on record, with its path; a node that holds nodes before those."""
    for node in plan.nodes:
        name = unique_id(parent, 0, node.id)
        record = records.get(name)
        if record is None:
            continue
        path = (*above, node.index)
        yield path, record
        if isinstance(node.detail, ScopePlan):
            yield from walk(node.detail, records, name, path)
