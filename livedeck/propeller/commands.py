"""What the machine asks for. The engine carries commands out in order, and answers some of them with events.

A report is on record before a ``Launch`` that follows it is carried out: so an attempt that runs is one that another
engine will find. Every command may be given again after a restart, and must then change nothing.
"""

from dataclasses import dataclass

from livedeck.propeller.events import Path
from livedeck.propeller.failures import Failure
from livedeck.propeller.phases import NodePhase, TaskPhase, WorkflowPhase


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
class Prepare:
    """Put the node's inputs together and store them; look its outputs up in the cache where the task allows it.

    Answered by ``Prepared``, ``CacheHit`` or ``PrepareFailed``.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class Launch:
    """Have the executor run the attempt, or pick it up if it runs already.

    Answered by ``AttemptStarted``, then ``AttemptSucceeded`` or ``AttemptFailed``; by ``AttemptExpired`` in between
    when it runs longer than it may.
    """

    path: Path
    attempt: int
    adopt: bool = False
    """Whether an earlier engine may have launched it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Have the executor end the attempt. ``Launch``'s answers tell when it is over."""

    path: Path
    attempt: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Put the outputs of the scope that this end node closes together and store them.

    Answered by ``Gathered`` or ``GatherFailed``.
    """

    path: Path


Report = ReportWorkflow | ReportNode | ReportTask
Command = Report | Prepare | Launch | Stop | Gather
