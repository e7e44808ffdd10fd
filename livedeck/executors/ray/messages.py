"""What the parts of the Ray executor say to each other: a line of JSON each.

Server and driver talk over a socket pair, a worker and its node's agent over a Unix socket; what goes through Ray
(from and to the dispatcher) is the same bytes.
"""

from datetime import datetime
from typing import Any

import msgspec

from livedeck.executors.api import Attempt, Exit, ResultStored

LIMIT = 64 << 20
"""Longest line, in bytes."""


class Versions(msgspec.Struct, frozen=True):
    """Of what must be the same wherever parts of the executor run."""

    python: str
    ray: str
    livedeck: str


class Launch(msgspec.Struct, frozen=True):
    """An attempt for the cluster."""

    name: str
    attempt: Attempt
    versions: Versions
    """The server's."""
    cpu: float
    """Cores that Ray keeps for it."""
    preload: tuple[str, ...] = ()
    """Modules that nodes import before they fork."""


class State(msgspec.Struct, frozen=True):
    """What the dispatcher knows of an attempt."""

    name: str
    client: bool = False
    node: str = ""
    """Address of the node that it was given to; empty: none yet."""
    started: bool = False
    started_at: datetime | None = None
    stored: ResultStored | None = None
    exit: Exit | None = None
    refused: str = ""
    """Why it was not started. The dispatcher has forgotten it."""
    final: bool = False
    """Whether it never can be."""


class Node(msgspec.Struct, frozen=True):
    """A node of the cluster, with all that it has."""

    address: str
    cpu: float
    memory: int
    gpus: float


# Server to driver


class Call(msgspec.Struct, frozen=True):
    """A call of a method of the dispatcher, answered by ``Reply``."""

    number: int
    method: str
    argument: msgspec.Raw


# Driver to server


class Reply(msgspec.Struct, tag=True, frozen=True):
    """The answer to a call; ``error``: the dispatcher could not be reached."""

    number: int
    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""


class Connected(msgspec.Struct, tag=True, frozen=True):
    """The driver has the dispatcher. Whatever was known of another incarnation is lost."""

    incarnation: str
    nodes: list[Node]
    running: list[State]


class Waiting(msgspec.Struct, tag=True, frozen=True):
    """There is no dispatcher to be had, for now."""

    reason: str


class Changed(msgspec.Struct, tag=True, frozen=True):
    """Attempts whose state has changed."""

    states: list[State]


class Nodes(msgspec.Struct, tag=True, frozen=True):
    """The nodes that there are now."""

    nodes: list[Node]


FromDriver = Reply | Connected | Waiting | Changed | Nodes


# Driver, server and dispatcher


class Abort(msgspec.Struct, frozen=True):
    """SIGTERM now, SIGKILL after ``grace`` seconds."""

    name: str
    grace: float


class Feed(msgspec.Struct, frozen=True):
    """Changes since a position, and the next position."""

    position: int
    states: list[State]


class Hello(msgspec.Struct, frozen=True):
    """Who the dispatcher is, and what runs."""

    incarnation: str
    versions: Versions
    position: int
    running: list[State]


# Dispatcher and worker


class Over(msgspec.Struct, tag=True, frozen=True):
    """How an attempt ended."""

    exit: Exit
    killed: bool = False
    """Whether the agent ended it because its worker had gone."""


class Refused(msgspec.Struct, tag=True, frozen=True):
    """The attempt was not started on that node."""

    reason: str
    final: bool


class Withdrawn(msgspec.Struct, tag=True, frozen=True):
    """The attempt was not started, for nobody wants it any more."""


Outcome = Over | Refused | Withdrawn


# Worker and agent


class Run(msgspec.Struct, tag=True, frozen=True):
    """Start an attempt, or find the one that runs. It ends when this connection does."""

    attempt: Attempt
    incarnation: str
    """Of the dispatcher that it is for."""


class AbortAttempt(msgspec.Struct, tag=True, frozen=True):
    """SIGTERM now, SIGKILL after ``grace`` seconds."""

    id: str
    grace: float


class EndAttempt(msgspec.Struct, tag=True, frozen=True):
    """End an attempt whose worker has gone, and say how it ended."""

    id: str


class EndOthers(msgspec.Struct, tag=True, frozen=True):
    """End what an earlier dispatcher had started."""

    incarnation: str


class Started(msgspec.Struct, tag=True, frozen=True):
    """The attempt's process exists."""

    at: datetime | None


class Stored(msgspec.Struct, tag=True, frozen=True):
    """The attempt's result is in the store."""

    result: ResultStored


class Done(msgspec.Struct, tag=True, frozen=True):
    """What was asked has been done."""


ToAgent = Run | AbortAttempt | EndAttempt | EndOthers
FromAgent = Started | Stored | Over | Refused | Done


def line(message: Any) -> bytes:
    """Return a message as it is sent."""
    return msgspec.json.encode(message) + b"\n"


def read(data: bytes, kind: Any) -> Any:
    """Return the message that a line holds.

    Args:
        data: the line.
        kind: the type that it must have.
    """
    return msgspec.json.decode(data, type=kind)
