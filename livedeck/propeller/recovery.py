"""An execution's state, built again from what was recorded of it.

Everything that the machine decides is recorded before it matters, so the records are enough: an attempt that may run
is one that was recorded QUEUED or RUNNING, and ``machine`` asks for it again on ``Resume``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.propeller.addresses import name_in
from livedeck.propeller.control_plane import Claim
from livedeck.propeller.failures import Blame, Failure, aborted
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.scope_policy import OnFailure
from livedeck.propeller.state import ExecutionState, NodeState, ScopeState
from livedeck.propeller.vector import Vector
from livedeck.store.layout import ITEM


@dataclass(frozen=True)
class RecordedAttempt:
    """What is on record of an attempt."""

    phase: TaskPhase
    failure: Failure | None = None
    started_at: datetime | None = None
    output_uri: str = ""


@dataclass(frozen=True)
class RecordedNode:
    """What is on record of a node."""

    phase: NodePhase
    failure: Failure | None = None
    output_uri: str = ""
    attempts: Mapping[int, RecordedAttempt] = field(default_factory=dict)
    started_at: datetime | None = None
    """When it began to run."""


RecordedNodes = Mapping[str, RecordedNode]
"""By the node's unique id."""


def records_of(claim: Claim) -> RecordedNodes:
    """Read what was recorded of an execution."""
    attempts: dict[str, dict[int, RecordedAttempt]] = {}
    for task in claim.tasks:
        attempts.setdefault(task.id.node_execution_id.node_id, {})[task.id.retry_attempt] = _attempt(task)
    items = {name: recorded_item(own) for name, own in attempts.items() if ITEM in name}
    return {node.id.node_id: _node(node, attempts.get(node.id.node_id, {})) for node in claim.nodes} | items


def _node(node: NodeExecution, attempts: Mapping[int, RecordedAttempt]) -> RecordedNode:
    closure = node.closure
    failure = failure_of(closure.error) if closure.HasField("error") else None
    started = closure.started_at.ToDatetime(UTC) if closure.HasField("started_at") else None
    return RecordedNode(NodePhase(closure.phase), failure, closure.output_uri, attempts, started)


def recorded_item(attempts: Mapping[int, RecordedAttempt]) -> RecordedNode:
    """Return what is on record of an item of an array node, of which nothing but its attempts is."""
    latest = attempts[max(attempts)]
    phase = _PHASES[latest.phase]
    if phase is NodePhase.QUEUED and len(attempts) > 1:
        phase = NodePhase.RUNNING
    return RecordedNode(phase, latest.failure if phase is NodePhase.FAILED else None, latest.output_uri, attempts)


_PHASES: Mapping[TaskPhase, NodePhase] = {
    TaskPhase.QUEUED: NodePhase.QUEUED,
    TaskPhase.WAITING_FOR_RESOURCES: NodePhase.QUEUED,
    TaskPhase.RUNNING: NodePhase.RUNNING,
    TaskPhase.SUCCEEDED: NodePhase.SUCCEEDED,
    TaskPhase.FAILED: NodePhase.FAILED,  # one that is tried again is recorded together with its next attempt
    TaskPhase.ABORTED: NodePhase.ABORTED,
}
"""From the phase of an item's latest attempt to the item's."""


def _attempt(task: TaskExecution) -> RecordedAttempt:
    closure = task.closure
    failure = failure_of(closure.error) if closure.HasField("error") else None
    started = closure.started_at.ToDatetime(UTC) if closure.HasField("started_at") else None
    return RecordedAttempt(TaskPhase(closure.phase), failure, started, closure.output_uri)


def failure_of(error: ExecutionError) -> Failure:
    """Read a failure that is on record."""
    return Failure(error.code, error.message, Blame(error.kind), error_uri=error.error_uri, worker=error.worker)


def rebuild(
    plan: ScopePlan,
    records: RecordedNodes,
    phase: WorkflowPhase = WorkflowPhase.UNDEFINED,
    *,
    failure: Failure | None = None,
    abort_cause: str = "",
) -> ExecutionState:
    """Build the state that the records tell of. Follow it with the event ``Resume``.

    Args:
        plan: what the execution runs.
        records: what is on record of its nodes.
        phase: the execution's recorded phase.
        failure: what it has failed by, while that phase is FAILING.
        abort_cause: why it is to be aborted, while that phase is ABORTING.
    """
    stopped = phase is WorkflowPhase.ABORTING
    failed_by = (failure or _UNKNOWN) if phase is WorkflowPhase.FAILING else None
    root = rebuild_scope(plan, records, failure=failed_by, stopped=stopped)
    return ExecutionState(root, phase, aborted(abort_cause) if stopped else failed_by)


def rebuild_scope(
    plan: ScopePlan,
    records: RecordedNodes,
    parent: str = "",
    *,
    retry_group: int = 0,
    failure: Failure | None = None,
    stopped: bool = False,
) -> ScopeState:
    """Build one scope, and all that its nodes hold.

    Args:
        plan: what it runs.
        records: what is on record; a scope of which nothing is has not begun.
        parent: unique id of the node that holds it; empty for the root.
        retry_group: the number of that node's attempt.
        failure: what it has failed by, if it was on record as failing: no further node begins but the failure node.
        stopped: whether it is ended from outside, and not even that begins.
    """
    names = [name_in(plan, parent, retry_group, index) for index in range(len(plan.nodes))]
    found = [records.get(name) for name in names]
    closing = stopped or failure is not None
    counted = replace(_counted(plan, found), failure=failure, closing=closing, stopped=stopped, retry_group=retry_group)
    scope = _judged(counted, found)
    waiting = _waiting(plan, found)
    nodes = Vector(
        NodeState(waiting[node.index])
        if record is None
        else _rebuilt(node, name, record, waiting[node.index], records, stopped=scope.ends(node.index))
        for node, name, record in zip(plan.nodes, names, found, strict=True)
    )
    return replace(scope, nodes=nodes)


def _counted(plan: ScopePlan, found: Sequence[RecordedNode | None]) -> ScopeState:
    """The scope without its nodes."""
    phases = [record.phase for record in found if record is not None]
    required = [record.phase for record in found[: plan.required] if record is not None]
    return ScopeState(
        plan,
        Vector(),
        active=sum(phase.active for phase in phases),
        running=phases.count(NodePhase.RUNNING),
        succeeded=sum(phase.satisfied for phase in required),
        failed=phases.count(NodePhase.FAILED),
    )


def _judged(scope: ScopeState, found: Sequence[RecordedNode | None]) -> ScopeState:
    """The scope after its policy has heard of the nodes that failed."""
    for record in found:
        if record is not None and record.phase is NodePhase.FAILED:
            follows = scope.plan.policy.on_failure(scope)
            if follows is not OnFailure.TOLERATE and scope.failure is None:
                scope = replace(scope, failure=record.failure or _UNKNOWN)
            scope = replace(scope, closing=scope.closing or follows is OnFailure.STOP)
    return scope


_UNKNOWN = Failure("Unknown", "It failed, and the engine stopped before it could record why.")


def _waiting(plan: ScopePlan, found: Sequence[RecordedNode | None]) -> list[int]:
    """For each node, how many directly upstream have not succeeded."""
    waiting = [node.waiting for node in plan.nodes]
    for node, record in zip(plan.nodes, found, strict=True):
        if record is not None and record.phase.satisfied:
            for index in node.dependents:
                waiting[index] -= 1
    return waiting


def _rebuilt(
    plan: NodePlan, name: str, record: RecordedNode, waiting: int, records: RecordedNodes, *, stopped: bool
) -> NodeState:
    def build(inner: ScopePlan, *, retry_group: int = 0) -> ScopeState:
        failure = (record.failure or _UNKNOWN) if record.phase is NodePhase.FAILING else None
        return rebuild_scope(inner, records, name, retry_group=retry_group, failure=failure, stopped=stopped)

    return plan.handler.rebuild(NodeState(waiting, record.phase, failure=record.failure), record, build)


def walk(
    scope: ScopeState, records: RecordedNodes, parent: str = "", above: Path = ()
) -> Iterator[tuple[Path, RecordedNode]]:
    """Every node of a scope that is on record, with its path; a node that holds nodes before those."""
    for index, state in enumerate(scope.nodes):
        name = name_in(scope.plan, parent, scope.retry_group, index)
        record = records.get(name)
        if record is None:
            continue
        path = (*above, index)
        yield path, record
        if state.scope is not None:
            yield from walk(state.scope, records, name, path)
