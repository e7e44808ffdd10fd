"""The commands and events that only dynamic nodes have."""

from dataclasses import dataclass

from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.events import AttemptEvent, NodeEvent
from livedeck.propeller.failures import Failure
from livedeck.propeller.state import ScopeState


@dataclass(frozen=True, slots=True)
class CompileNodes(NodeCommand):
    """Read and compile what the attempt has left. Answered by ``NodesFound`` or ``NodesRefused``."""

    attempt: int


@dataclass(frozen=True, slots=True)
class FindNodes(NodeCommand):
    """Ask for what was compiled and put on record before. Answered by ``NodesFound``."""

    attempt: int


@dataclass(frozen=True, slots=True)
class NodesRecovered(NodeEvent):
    """The nodes that the task has left in the execution that this one recovers: it is not run again."""

    scope: ScopeState


@dataclass(frozen=True, slots=True)
class NodesFound(AttemptEvent):
    """The nodes that the attempt has left, ready to run."""

    scope: ScopeState


@dataclass(frozen=True, slots=True)
class NodesRefused(AttemptEvent):
    """What the attempt has left cannot be run."""

    failure: Failure
