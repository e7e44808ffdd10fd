"""What the machine is told: everything that can happen to an execution from outside.

Each may come late, twice, or never (the engine died); the machine drops what no longer applies. A path names a node:
its index in the root scope, then in its parent's scope, and so on.
"""

from dataclasses import dataclass

from livedeck.propeller.failures import Failure

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """The engine has taken the execution up, new or found half-way: carry on from where the state says."""


@dataclass(frozen=True, slots=True)
class AskedToAbort:
    """Somebody wants the execution ended."""

    cause: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The node's inputs are in the store."""

    path: Path


@dataclass(frozen=True, slots=True)
class CacheHit:
    """The node's inputs are in the store, and so are the outputs that an earlier run made of the same ones."""

    path: Path


@dataclass(frozen=True, slots=True)
class PrepareFailed:
    """The node's inputs cannot be put together."""

    path: Path
    failure: Failure


@dataclass(frozen=True, slots=True)
class AttemptWaits:
    """The attempt has waited for a while to be started."""

    path: Path
    attempt: int
    reason: str
    """What it waits for."""


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The attempt's process exists."""

    path: Path
    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptSucceeded:
    """The attempt is over and its outputs are in the store."""

    path: Path
    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The attempt is over without outputs; also when it was stopped."""

    path: Path
    attempt: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class AttemptExpired:
    """The attempt has run for as long as it may."""

    path: Path
    attempt: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """The outputs of the scope that this end node closes are in the store."""

    path: Path


@dataclass(frozen=True, slots=True)
class GatherFailed:
    """The outputs of the scope that this end node closes cannot be put together."""

    path: Path
    failure: Failure


AttemptEvent = AttemptWaits | AttemptStarted | AttemptSucceeded | AttemptFailed | AttemptExpired
NodeEvent = Prepared | CacheHit | PrepareFailed | AttemptEvent | Gathered | GatherFailed
Event = Resume | AskedToAbort | NodeEvent
