"""What a gate waits for, read from its node. Pure."""

from dataclasses import dataclass, field
from datetime import timedelta

from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.core.workflow_pb2 import Node

from livedeck.errors import InvalidWorkflow

OUTPUT = "o0"
"""What the value that was given is called, unless the node says otherwise."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Some time has to pass."""

    duration: timedelta


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody has to approve of the node's inputs, which are its outputs then."""

    signal: str
    """The id of the signal, a boolean."""
    timeout: timedelta | None
    """How long it may take; None: for ever."""

    type: LiteralType = field(default_factory=lambda: LiteralType(simple=SimpleType.BOOLEAN))
    """What the signal may be set to."""


@dataclass(frozen=True, slots=True)
class Input:
    """Somebody has to give a value, which is the node's output then."""

    signal: str
    """The id of the signal."""
    timeout: timedelta | None
    """How long it may take; None: for ever."""
    type: LiteralType
    """What the signal may be set to."""
    output: str
    """What the value is called."""


Gate = Sleep | Approval | Input


def gate_of(node: Node) -> Gate:
    """Return what a node waits for.

    Raises:
        InvalidWorkflow: it does not say.
    """
    gate, metadata = node.gate_node, node.metadata
    timeout = metadata.timeout.ToTimedelta() if metadata.HasField("timeout") else timedelta()
    match gate.WhichOneof("condition"):
        case "sleep":
            # Not within the node's timeout: flytekit writes an hour on every gate, for it has no other for sleeps.
            return Sleep(gate.sleep.duration.ToTimedelta())
        case "approve":
            return Approval(gate.approve.signal_id, timeout or None)
        case "signal":
            output = gate.signal.output_variable_name or OUTPUT
            return Input(gate.signal.signal_id, timeout or None, gate.signal.type, output)
        case _:
            raise InvalidWorkflow(f"gate {node.id!r} does not say what it waits for")
