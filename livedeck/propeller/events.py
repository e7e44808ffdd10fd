"""What the machine is told: everything that can happen to an execution from outside.

Each event may come late, twice, or never (the engine died); the machine and the kinds of nodes drop what no longer
applies. A path names a node: its index in the root scope, then in its parent's scope, and so on.
"""

from dataclasses import dataclass

from livedeck.propeller.failures import Failure
from livedeck.propeller.plan import Path
from livedeck.propeller.state import ScopeState


@dataclass(frozen=True, slots=True)
class Resume:
    """The engine has taken the execution up, new or found half-way: carry on from where the state says."""


@dataclass(frozen=True, slots=True)
class AskedToAbort:
    """Somebody wants the execution ended."""

    cause: str


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The execution has taken as long as it may."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """Something happened to a node. A kind of node may define events of its own."""

    path: Path


@dataclass(frozen=True, slots=True)
class Prepared(NodeEvent):
    """The node's inputs are in the store."""

    scope: ScopeState | None = None
    """The nodes that it is to hold, if only its inputs tell."""


@dataclass(frozen=True, slots=True)
class Recovered(NodeEvent):
    """The node has succeeded in the execution that this one recovers; its inputs and outputs of then are in the store.

    Every kind is told by ``NodeHandler.recovered``, in place of the answer to ``Prepare``.
    """


@dataclass(frozen=True, slots=True)
class CacheHit(NodeEvent):
    """The node's inputs are in the store, and so are the outputs that an earlier run made of the same ones."""


@dataclass(frozen=True, slots=True)
class CacheMissed(NodeEvent):
    """The node's inputs are in the store; its outputs are not cached, and only one node at a time may compute them."""


@dataclass(frozen=True, slots=True)
class OutputsAwaited(NodeEvent):
    """Another node computes the same outputs, and this one waits for them. ``Prepared`` or ``CacheHit`` follows."""


@dataclass(frozen=True, slots=True)
class PrepareFailed(NodeEvent):
    """The node's inputs cannot be put together."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class AttemptEvent(NodeEvent):
    """Something happened to an attempt of the node."""

    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptWaits(AttemptEvent):
    """The attempt has waited for a while to be started."""

    reason: str
    """What it waits for."""


@dataclass(frozen=True, slots=True)
class AttemptStarted(AttemptEvent):
    """The attempt's process exists."""


@dataclass(frozen=True, slots=True)
class AttemptSucceeded(AttemptEvent):
    """The attempt is over and its outputs are in the store."""


@dataclass(frozen=True, slots=True)
class AttemptLeftNodes(AttemptEvent):
    """The attempt is over and has left nodes to be run in its place (``futures.pb``): its task is dynamic."""


@dataclass(frozen=True, slots=True)
class OutputsKept(NodeEvent):
    """The cache keeps the node's outputs, if its task is one whose outputs are kept."""


@dataclass(frozen=True, slots=True)
class AttemptFailed(AttemptEvent):
    """The attempt is over without outputs; also when it was stopped."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class AttemptExpired(AttemptEvent):
    """The attempt has run for as long as it may."""


@dataclass(frozen=True, slots=True)
class Gathered(NodeEvent):
    """The outputs of the scope that this end node closes are in the store."""


@dataclass(frozen=True, slots=True)
class GatherFailed(NodeEvent):
    """The outputs of the scope that this end node closes cannot be put together."""

    failure: Failure


Event = Resume | AskedToAbort | DeadlinePassed | NodeEvent
