"""The commands and events that only nodes with a child execution have."""

from dataclasses import dataclass

from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.failures import Failure


@dataclass(frozen=True, slots=True)
class RunChild(NodeCommand):
    """Create the child unless it is there, and wait for its end.

    Answered by ``ChildStarted``, then ``ChildSucceeded`` or ``ChildFailed``; by the last alone if it cannot be started.
    """

    adopt: bool = False
    """Whether it is known to be there."""


@dataclass(frozen=True, slots=True)
class AbortChild(NodeCommand):
    """Ask for the child to be aborted, wherever its creation stands. Answered by ``ChildAborted``."""


@dataclass(frozen=True, slots=True)
class ChildStarted(NodeEvent):
    """The child execution exists."""


@dataclass(frozen=True, slots=True)
class ChildSucceeded(NodeEvent):
    """The child is over, and its outputs are in the store as the node's."""


@dataclass(frozen=True, slots=True)
class ChildFailed(NodeEvent):
    """The child is over without outputs, took too long, or could not be started."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class ChildAborted(NodeEvent):
    """The wish to abort the child is on record, or there is none."""
