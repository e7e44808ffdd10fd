"""The state of an execution: a tree, because a node may hold more nodes. Frozen; ``machine`` makes the next one.

Only what decisions need is here. Literals, URIs and times belong to the engine's shell.
"""

import enum
from dataclasses import dataclass, field

from livedeck.propeller.failures import Failure
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.vector import Vector


class Stopping(enum.Enum):
    """Why an attempt was asked to stop."""

    ABORT = "abort"
    """The attempt's node, or all of the execution, is to end."""
    TIMEOUT = "timeout"
    """The attempt ran longer than it may; another may follow once it is over."""


@dataclass(frozen=True, slots=True)
class AttemptState:
    """The latest attempt of a task; there is never more than one at a time."""

    number: int
    """From 0."""
    phase: TaskPhase = TaskPhase.UNDEFINED
    stopping: Stopping | None = None


@dataclass(frozen=True, slots=True)
class NodeState:
    """Where one node stands."""

    waiting: int
    """How many nodes upstream have not succeeded yet."""
    phase: NodePhase = NodePhase.UNDEFINED
    attempt: AttemptState | None = None
    user_failures: int = 0
    """Attempts that failed by the task's own doing."""
    system_failures: int = 0
    """Attempts that failed by what they ran on."""
    failure: Failure | None = None
    idle: bool = False
    """Whether it waits for outputs that another node computes."""
    scope: "ScopeState | None" = None
    """The nodes that this one holds, as a sub-workflow's does."""

    @property
    def waits(self) -> bool:
        """Whether nothing of it has been started, or is being stopped: its inputs are put together, or looked up."""
        begun = self.attempt is not None and (self.attempt.phase is not TaskPhase.UNDEFINED or self.attempt.stopping)
        return self.phase is NodePhase.QUEUED and not begun


@dataclass(frozen=True, slots=True)
class ScopeState:
    """Where the nodes of one workflow, or of one node that holds nodes, stand."""

    plan: ScopePlan
    nodes: Vector[NodeState]
    """In the order of ``plan.nodes``."""
    active: int = 0
    """How many nodes have begun and are not over."""
    running: int = 0
    """How many of those are RUNNING."""
    idle: int = 0
    """How many of those that have begun wait for outputs that other nodes compute."""
    held: tuple[int, ...] = ()
    """Nodes that wait no more, and that the policy has go on when there is room."""
    next: int = 0
    """Where the policy begins the nodes, one after the other: the first that may not have begun."""
    succeeded: int = 0
    """How many nodes are over and well, or were skipped; the failure node aside."""
    failed: int = 0
    """How many nodes have failed for good."""
    closing: bool = False
    """Whether no further node may begin, but for the failure node."""
    stopped: bool = False
    """Whether it was ended from outside: the failure node does not run either."""
    failure: Failure | None = None
    """Why the scope has failed: the first failure of a node that its policy did not tolerate."""
    retry_group: int = 0
    """Which attempt of the node that holds the scope it belongs to; part of its nodes' ids."""

    @classmethod
    def new(cls, plan: ScopePlan) -> "ScopeState":
        """A scope of which nothing has begun."""
        return cls(plan, Vector(NodeState(waiting=node.waiting) for node in plan.nodes))

    def ends(self, index: int) -> bool:
        """Whether the node is to be ended if it runs, and not to begin if it does not."""
        return self.stopped or (self.closing and index < self.plan.required)


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """Where one execution of a workflow stands."""

    root: ScopeState
    phase: WorkflowPhase = WorkflowPhase.UNDEFINED
    failure: Failure | None = field(default=None)

    @classmethod
    def new(cls, plan: ScopePlan) -> "ExecutionState":
        """An execution of which nothing has begun."""
        return cls(ScopeState.new(plan))


def scope_at(root: ScopeState, path: Path) -> ScopeState:
    """The scope at ``path``: the root's for the empty path, else that of the node there, which must hold nodes."""
    for index in path:
        inner = root.nodes[index].scope
        assert inner is not None
        root = inner
    return root


def node_at(root: ScopeState, path: Path) -> NodeState:
    """The node at ``path``."""
    return scope_at(root, path[:-1]).nodes[path[-1]]


def plan_at(root: ScopeState, path: Path) -> NodePlan:
    """The plan of the node at ``path``."""
    return scope_at(root, path[:-1]).plan.nodes[path[-1]]
