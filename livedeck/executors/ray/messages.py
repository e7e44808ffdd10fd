"""What the parts of the Ray executor say to each other: a line of JSON each.

Server and driver talk over a socket pair, a worker and its node's agent over a Unix socket, drivers and agents with the
dispatcher over TCP; what goes through Ray is the same bytes.
"""

import functools
from datetime import datetime
from typing import Any

import msgspec

from livedeck.executors.api import Attempt, Exit, ResultStored

NAMESPACE, DISPATCHER = "livedeck", "dispatcher"
"""Ray's namespace, and in it the name by which drivers find the dispatcher."""
LIMIT = 64 << 20
"""Longest line, in bytes."""


class Versions(msgspec.Struct, frozen=True):
    """Of what must be the same wherever parts of the executor run."""

    python: str
    ray: str
    livedeck: str


class Endpoint(msgspec.Struct, frozen=True):
    """Where a dispatcher listens."""

    host: str
    port: int
    token: str
    """That those know alone who have it from Ray."""
    incarnation: str


class Launch(msgspec.Struct, frozen=True):
    """An attempt for the cluster."""

    name: str
    attempt: Attempt
    versions: Versions
    """The server's."""
    cpu: float
    """Cores that Ray keeps for it, on each of its nodes."""
    preload: tuple[str, ...] = ()
    """Modules that nodes import before they fork."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the dispatcher knows of an attempt."""

    name: str
    client: bool = False
    node: str = ""
    """Address of the node that it was given to, or of several; empty: none yet."""
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
    kind: str = ""
    """Of its GPUs, as Ray has it; empty: it has none, or nobody knows."""
    custom: dict[str, float] = msgspec.field(default_factory=dict)
    """What else it was started with, by name."""


# Server to dispatcher; the driver passes it on


class Call(msgspec.Struct, tag=True, frozen=True):
    """A question to the dispatcher, answered by ``Reply``."""

    number: int
    method: str
    argument: msgspec.Raw


# Dispatcher to server; the driver passes it on


class Reply(msgspec.Struct, tag=True, frozen=True):
    """The answer to a call."""

    number: int
    value: msgspec.Raw


class Changed(msgspec.Struct, tag=True, frozen=True):
    """Attempts whose state has changed."""

    states: list[State]


# Driver to server


class Connected(msgspec.Struct, tag=True, frozen=True):
    """The driver has the dispatcher. Whatever was known of another incarnation is lost."""

    incarnation: str
    nodes: list[Node]
    running: list[State]


class Waiting(msgspec.Struct, tag=True, frozen=True):
    """There is no dispatcher to be had, for now."""

    reason: str


class Nodes(msgspec.Struct, tag=True, frozen=True):
    """The nodes that there are now."""

    nodes: list[Node]


FromDriver = Reply | Connected | Waiting | Changed | Nodes


# Driver, server and dispatcher


class Abort(msgspec.Struct, frozen=True):
    """SIGTERM now, SIGKILL after ``grace`` seconds."""

    name: str
    grace: float


class Hello(msgspec.Struct, frozen=True):
    """Who the dispatcher is, and what runs."""

    endpoint: Endpoint
    versions: Versions
    position: int
    """That of the last change that ``running`` has."""
    running: list[State]


class Greeting(msgspec.Struct, tag=True, frozen=True):
    """The first words of whoever connects to the dispatcher."""

    token: str
    position: int | None = None
    """Since when to tell of changes; None: never."""


# Agent and dispatcher


class Begin(msgspec.Struct, tag=True, frozen=True):
    """A node has a place for an attempt: is it still wanted? Answered by ``Begun``, the same each time.

    Of a gang on several nodes none is answered before all have asked.
    """

    name: str
    number: int
    """The dispatcher's, of this launch of it."""
    node: str
    """Ray's id of the node."""
    address: str
    member: int = 0
    """Which of the attempt's members; see ``members``."""
    port: int = 0
    """One that is kept free on the first of several nodes, for rank 0 to listen on."""


class Begun(msgspec.Struct, tag=True, frozen=True):
    """Whether an attempt is to begin."""

    name: str
    wanted: bool
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    """What a gang's member has to be told of the others, over the attempt's own."""


class Report(msgspec.Struct, tag=True, frozen=True):
    """The attempt's process exists, and what more is known of it by now. May come more than once."""

    name: str
    started_at: datetime | None
    stored: ResultStored | None = None
    member: int = 0


ToDispatcher = Call | Begin | Report
FromDispatcher = Reply | Changed | Begun


# Worker and dispatcher


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
    begin: Begin
    """What to ask the dispatcher first."""
    endpoint: Endpoint
    """The dispatcher's."""


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


class Stored(msgspec.Struct, tag=True, frozen=True):
    """The attempt's result is in the store."""


class Done(msgspec.Struct, tag=True, frozen=True):
    """What was asked has been done."""


ToAgent = Run | AbortAttempt | EndAttempt | EndOthers
FromAgent = Stored | Over | Refused | Withdrawn | Done


def line(message: Any) -> bytes:
    """Return a message as it is sent."""
    return _encode(message) + b"\n"


def read(data: bytes, kind: Any) -> Any:
    """Return the message that a line holds.

    Args:
        data: the line.
        kind: the type that it must have.
    """
    return _decoder(kind).decode(data)


_encode = msgspec.json.Encoder().encode


@functools.cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    """Return what decodes a type: to make one takes longer than to decode a message."""
    return msgspec.json.Decoder(kind)
