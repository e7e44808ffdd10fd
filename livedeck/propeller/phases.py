"""Flyte's phases and the transitions between them: one table per level, from (phase, trigger) to phase.

The members carry the numbers of ``flyteidl.core``, so a phase crosses the boundary as it is. A pair that is not in a
table is a mistake in the engine and raises; what is late or repeated never reaches the tables, because ``machine``
drops it first.
"""

import enum
from collections.abc import Mapping
from typing import TypeVar

from livedeck.errors import ImpossibleTransition


class WorkflowPhase(enum.IntEnum):
    """``flyteidl.core.WorkflowExecution.Phase``."""

    UNDEFINED = 0
    """Created; no engine has looked at it yet."""
    QUEUED = 1
    """An engine has taken it up."""
    RUNNING = 2
    """The workflow's nodes run."""
    SUCCEEDING = 3
    """Every node has succeeded and the outputs are written."""
    SUCCEEDED = 4
    """Over: the outputs are there."""
    FAILING = 5
    """A node has failed for good; what still runs is being stopped."""
    FAILED = 6
    """Over: the error says why."""
    ABORTED = 7
    """Over: a user ended it."""
    TIMED_OUT = 8
    """Over: it took too long. Flyte's word; here an execution that passes its deadline has failed."""
    ABORTING = 9
    """A user asked to end it; what still runs is being stopped."""

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in _WORKFLOW_ENDS


class NodePhase(enum.IntEnum):
    """``flyteidl.core.NodeExecution.Phase``."""

    UNDEFINED = 0
    """Waiting for nodes upstream; nothing is recorded of it."""
    QUEUED = 1
    """All nodes upstream have succeeded; its inputs are being put together, or its attempt waits to be started."""
    RUNNING = 2
    """The process of an attempt has existed, or children are at work."""
    SUCCEEDED = 3
    """Over: its outputs are there."""
    FAILING = 4
    """A child has failed for good; its other children are being stopped."""
    FAILED = 5
    """Over: the error says why."""
    ABORTED = 6
    """Over: ended because the execution, or the scope it belongs to, was."""
    SKIPPED = 7
    """Over: a branch went another way."""
    TIMED_OUT = 8
    """Over: Flyte's word for a node past its deadline; here a timeout fails the attempt, and so the node."""
    DYNAMIC_RUNNING = 9
    """The task has run and the children that it asked for are at work."""
    RECOVERED = 10
    """Over: its outputs were taken from the execution that this one recovers."""

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in _NODE_ENDS

    @property
    def active(self) -> bool:
        """Whether the node has begun and is not over."""
        return self in _NODE_ACTIVE

    @property
    def satisfied(self) -> bool:
        """Whether nodes downstream may go on."""
        return self in _NODE_SATISFIED


class TaskPhase(enum.IntEnum):
    """``flyteidl.core.TaskExecution.Phase``: one attempt of one task."""

    UNDEFINED = 0
    """Not recorded yet."""
    QUEUED = 1
    """Recorded; handed to the executor, which starts it when there is room."""
    RUNNING = 2
    """The attempt's process exists."""
    SUCCEEDED = 3
    """Over: its outputs are there."""
    ABORTED = 4
    """Over: ended because its node was."""
    FAILED = 5
    """Over, and no attempt follows."""
    INITIALIZING = 6
    """The attempt's surroundings are being made ready. Flyte's word; not used by this engine."""
    WAITING_FOR_RESOURCES = 7
    """Still QUEUED, and for long enough to say what it waits for: the event's reason does."""
    RETRYABLE_FAILED = 8
    """Over, and another attempt follows."""

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in _TASK_ENDS


_WORKFLOW_ENDS = frozenset(
    {WorkflowPhase.SUCCEEDED, WorkflowPhase.FAILED, WorkflowPhase.ABORTED, WorkflowPhase.TIMED_OUT}
)
_NODE_SATISFIED = frozenset({NodePhase.SUCCEEDED, NodePhase.SKIPPED, NodePhase.RECOVERED})
_NODE_ENDS = _NODE_SATISFIED | {NodePhase.FAILED, NodePhase.ABORTED, NodePhase.TIMED_OUT}
_NODE_ACTIVE = frozenset(NodePhase) - _NODE_ENDS - {NodePhase.UNDEFINED}
_TASK_ENDS = frozenset({TaskPhase.SUCCEEDED, TaskPhase.ABORTED, TaskPhase.FAILED, TaskPhase.RETRYABLE_FAILED})


class WorkflowTrigger(enum.Enum):
    """What can happen to a workflow."""

    TAKE_UP = "take up"
    """An engine holds its lease."""
    START = "start"
    """The workflow's first nodes may go."""
    COMPLETE = "complete"
    """Every node has succeeded."""
    SUCCEED = "succeed"
    """The workflow's outputs are written."""
    BREAK = "break"
    """A node has failed for good, and the failure policy says to stop; or it cannot be run at all."""
    FAIL = "fail"
    """Nothing runs any more."""
    ASK_TO_ABORT = "ask to abort"
    """A user wants it ended."""
    ABORT = "abort"
    """Nothing runs any more."""


class NodeTrigger(enum.Enum):
    """What can happen to a node."""

    QUEUE = "queue"
    """All nodes upstream have succeeded."""
    RUN = "run"
    """The process of its first attempt exists, or its children may begin."""
    RUN_CHILDREN = "run children"
    """A dynamic task has said which children it wants."""
    SUCCEED = "succeed"
    """The node's outputs are written, or were found in the cache."""
    BREAK = "break"
    """A child has failed for good."""
    FAIL = "fail"
    """The node has failed for good, and nothing of it runs any more."""
    ABORT = "abort"
    """The node was stopped, and nothing of it runs any more."""
    RECOVER = "recover"
    """The node's outputs were taken from the execution that this one recovers."""
    SKIP = "skip"
    """A branch went another way."""


class TaskTrigger(enum.Enum):
    """What can happen to an attempt."""

    QUEUE = "queue"
    """The attempt is about to be handed to the executor."""
    WAIT = "wait"
    """The executor has no room for the attempt now."""
    START = "start"
    """The attempt's process exists."""
    SUCCEED = "succeed"
    """The attempt is over and its outputs are there."""
    RETRY = "retry"
    """The attempt has failed, and there is budget for another."""
    FAIL = "fail"
    """The attempt has failed, and no other follows."""
    ABORT = "abort"
    """The attempt was stopped and is over."""


WORKFLOW: Mapping[tuple[WorkflowPhase, WorkflowTrigger], WorkflowPhase] = {
    (WorkflowPhase.UNDEFINED, WorkflowTrigger.TAKE_UP): WorkflowPhase.QUEUED,
    (WorkflowPhase.QUEUED, WorkflowTrigger.START): WorkflowPhase.RUNNING,
    (WorkflowPhase.RUNNING, WorkflowTrigger.COMPLETE): WorkflowPhase.SUCCEEDING,
    (WorkflowPhase.RUNNING, WorkflowTrigger.BREAK): WorkflowPhase.FAILING,
    (WorkflowPhase.RUNNING, WorkflowTrigger.ASK_TO_ABORT): WorkflowPhase.ABORTING,
    (WorkflowPhase.SUCCEEDING, WorkflowTrigger.SUCCEED): WorkflowPhase.SUCCEEDED,
    (WorkflowPhase.SUCCEEDING, WorkflowTrigger.BREAK): WorkflowPhase.FAILING,
    (WorkflowPhase.SUCCEEDING, WorkflowTrigger.ASK_TO_ABORT): WorkflowPhase.ABORTING,
    (WorkflowPhase.FAILING, WorkflowTrigger.FAIL): WorkflowPhase.FAILED,
    (WorkflowPhase.FAILING, WorkflowTrigger.ASK_TO_ABORT): WorkflowPhase.ABORTING,
    (WorkflowPhase.ABORTING, WorkflowTrigger.ABORT): WorkflowPhase.ABORTED,
}

NODE: Mapping[tuple[NodePhase, NodeTrigger], NodePhase] = {
    (NodePhase.UNDEFINED, NodeTrigger.QUEUE): NodePhase.QUEUED,
    (NodePhase.UNDEFINED, NodeTrigger.SUCCEED): NodePhase.SUCCEEDED,  # the start node
    (NodePhase.UNDEFINED, NodeTrigger.SKIP): NodePhase.SKIPPED,
    (NodePhase.QUEUED, NodeTrigger.RUN): NodePhase.RUNNING,
    (NodePhase.QUEUED, NodeTrigger.SUCCEED): NodePhase.SUCCEEDED,  # a cache hit, and the end node
    (NodePhase.QUEUED, NodeTrigger.RECOVER): NodePhase.RECOVERED,
    (NodePhase.QUEUED, NodeTrigger.FAIL): NodePhase.FAILED,  # its inputs cannot be put together
    (NodePhase.QUEUED, NodeTrigger.ABORT): NodePhase.ABORTED,
    (NodePhase.RUNNING, NodeTrigger.RUN_CHILDREN): NodePhase.DYNAMIC_RUNNING,
    (NodePhase.RUNNING, NodeTrigger.SUCCEED): NodePhase.SUCCEEDED,
    (NodePhase.RUNNING, NodeTrigger.BREAK): NodePhase.FAILING,
    (NodePhase.RUNNING, NodeTrigger.FAIL): NodePhase.FAILED,
    (NodePhase.RUNNING, NodeTrigger.ABORT): NodePhase.ABORTED,
    (NodePhase.DYNAMIC_RUNNING, NodeTrigger.SUCCEED): NodePhase.SUCCEEDED,
    (NodePhase.DYNAMIC_RUNNING, NodeTrigger.BREAK): NodePhase.FAILING,
    (NodePhase.DYNAMIC_RUNNING, NodeTrigger.FAIL): NodePhase.FAILED,
    (NodePhase.DYNAMIC_RUNNING, NodeTrigger.ABORT): NodePhase.ABORTED,
    (NodePhase.FAILING, NodeTrigger.FAIL): NodePhase.FAILED,
}

TASK: Mapping[tuple[TaskPhase, TaskTrigger], TaskPhase] = {
    (TaskPhase.UNDEFINED, TaskTrigger.QUEUE): TaskPhase.QUEUED,
    (TaskPhase.QUEUED, TaskTrigger.START): TaskPhase.RUNNING,
    (TaskPhase.QUEUED, TaskTrigger.WAIT): TaskPhase.WAITING_FOR_RESOURCES,
    (TaskPhase.WAITING_FOR_RESOURCES, TaskTrigger.START): TaskPhase.RUNNING,
    (TaskPhase.WAITING_FOR_RESOURCES, TaskTrigger.RETRY): TaskPhase.RETRYABLE_FAILED,
    (TaskPhase.WAITING_FOR_RESOURCES, TaskTrigger.FAIL): TaskPhase.FAILED,
    (TaskPhase.WAITING_FOR_RESOURCES, TaskTrigger.ABORT): TaskPhase.ABORTED,
    # Out of QUEUED as out of RUNNING: an attempt may fail before its start was seen.
    (TaskPhase.QUEUED, TaskTrigger.RETRY): TaskPhase.RETRYABLE_FAILED,
    (TaskPhase.QUEUED, TaskTrigger.FAIL): TaskPhase.FAILED,
    (TaskPhase.QUEUED, TaskTrigger.ABORT): TaskPhase.ABORTED,
    (TaskPhase.RUNNING, TaskTrigger.SUCCEED): TaskPhase.SUCCEEDED,
    (TaskPhase.RUNNING, TaskTrigger.RETRY): TaskPhase.RETRYABLE_FAILED,
    (TaskPhase.RUNNING, TaskTrigger.FAIL): TaskPhase.FAILED,
    (TaskPhase.RUNNING, TaskTrigger.ABORT): TaskPhase.ABORTED,
}

_Phase = TypeVar("_Phase", WorkflowPhase, NodePhase, TaskPhase)
_Trigger = TypeVar("_Trigger", WorkflowTrigger, NodeTrigger, TaskTrigger)


def advance(table: Mapping[tuple[_Phase, _Trigger], _Phase], phase: _Phase, trigger: _Trigger) -> _Phase:
    """Look a transition up.

    Raises:
        ImpossibleTransition: the table has no such row.
    """
    try:
        return table[phase, trigger]
    except KeyError:
        raise ImpossibleTransition(f"{type(phase).__name__} {phase.name} cannot {trigger.value!r}") from None
