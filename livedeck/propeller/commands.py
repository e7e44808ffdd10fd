"""What the machine asks for. The engine carries commands out in order, and answers some of them with events.

A report is on record before a ``Launch`` that follows it is carried out: so an attempt that runs is one that another
engine will find. Every command may be given again after a restart, and must then change nothing.
"""

from dataclasses import dataclass

from livedeck.propeller.failures import Failure
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase
from livedeck.propeller.plan import Path


@dataclass(frozen=True, slots=True)
class ReportWorkflow:
    """Record the execution's phase."""

    phase: WorkflowPhase
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class ReportNode:
    """Record a node's phase."""

    path: Path
    phase: NodePhase
    failure: Failure | None = None
    cached: bool = False
    """Whether the outputs came from the cache."""
    attempt: int = 0
    """The attempt that the node stands at: its Deck is the node's Deck."""


@dataclass(frozen=True, slots=True)
class ReportTask:
    """Record an attempt's phase."""

    path: Path
    attempt: int
    phase: TaskPhase
    failure: Failure | None = None
    reason: str = ""
    """Why it waits."""


@dataclass(frozen=True, slots=True)
class NodeCommand:
    """Something that the node's handler has the shell do. A kind of node may define commands of its own."""

    path: Path


@dataclass(frozen=True, slots=True)
class Prepare(NodeCommand):
    """Put the node's inputs together and store them; look its outputs up in the cache where the task allows it.

    Answered by ``Prepared``, ``CacheHit``, ``CacheMissed`` or ``PrepareFailed``; by ``Recovered`` if the node has
    succeeded in an execution that this one recovers.
    """


@dataclass(frozen=True, slots=True)
class ReserveOutputs(NodeCommand):
    """Have the node compute outputs that are not cached, or wait for another node that does (``cache_serialize``).

    Answered by ``Prepared`` or ``CacheHit``; by ``OutputsAwaited`` before that if another computes them.
    """


@dataclass(frozen=True, slots=True)
class ReleaseOutputs(NodeCommand):
    """Let others compute the outputs that the node has reserved and will not make. Not answered."""


@dataclass(frozen=True, slots=True)
class Launch(NodeCommand):
    """Have the executor run the attempt, or pick it up if it runs already.

    Answered by ``AttemptStarted``, then ``AttemptSucceeded``, ``AttemptLeftNodes`` or ``AttemptFailed``; by
    ``AttemptExpired`` in between when it runs longer than it may.
    """

    attempt: int
    adopt: bool = False
    """Whether an earlier engine may have launched it."""


@dataclass(frozen=True, slots=True)
class Stop(NodeCommand):
    """Have the executor end the attempt. ``Launch``'s answers tell when it is over."""

    attempt: int


@dataclass(frozen=True, slots=True)
class KeepOutputs(NodeCommand):
    """Have the cache keep the node's outputs, which its attempt did not make itself, where the task allows it.

    Answered by ``OutputsKept``.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class Gather(NodeCommand):
    """Put the outputs of the scope that this end node closes together and store them.

    Answered by ``Gathered`` or ``GatherFailed``.
    """


Report = ReportWorkflow | ReportNode | ReportTask
Command = Report | NodeCommand
