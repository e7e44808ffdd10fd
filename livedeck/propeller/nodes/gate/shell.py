"""Waiting at gates. The time counts from when the node began to run, whichever engine saw that."""

import asyncio
from dataclasses import dataclass

from flyteidl.core.identifier_pb2 import SignalIdentifier
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from livedeck.errors import InvalidRequest, InvalidWorkflow
from livedeck.propeller.commands import NodeCommand
from livedeck.propeller.events import NodeEvent
from livedeck.propeller.failures import Failure
from livedeck.propeller.nodes.gate.planning import Approval, Gate, Input, Sleep
from livedeck.propeller.plan import Path
from livedeck.propeller.retry import retry
from livedeck.propeller.shell import Shell

_TO_LOOK = 1.0
"""Seconds that there are at least to look for a signal: it may have been set in time, while no engine ran."""


@dataclass(frozen=True, slots=True)
class WaitAtGate(NodeCommand):
    """Wait for what the gate waits for. Answered by ``GateOpened`` or ``GateStaysShut``."""


@dataclass(frozen=True, slots=True)
class GateOpened(NodeEvent):
    """What the gate waited for is there, and its outputs are in the store."""


@dataclass(frozen=True, slots=True)
class GateStaysShut(NodeEvent):
    """What the gate waited for was refused, or did not come in time."""

    failure: Failure


async def wait(gate: Gate, shell: Shell, path: Path) -> None:
    """Wait at the gate, and emit what came of it. An execution that is aborted meanwhile is not told anything."""
    event = await _slept(gate, shell, path) if isinstance(gate, Sleep) else await _signalled(gate, shell, path)
    with shell.recorder.expecting():
        shell.emit(event)


async def _slept(gate: Sleep, shell: Shell, path: Path) -> NodeEvent:
    await asyncio.sleep(max(shell.observations.seconds_left(path, gate.duration), 0.0))
    return GateOpened(path)


async def _signalled(gate: Approval | Input, shell: Shell, path: Path) -> NodeEvent:
    signal = SignalIdentifier(signal_id=gate.signal, execution_id=shell.addresses.execution)
    timeout = None if gate.timeout is None else max(shell.observations.seconds_left(path, gate.timeout), _TO_LOOK)
    try:
        async with asyncio.timeout(timeout):
            value = await retry(
                "wait for signal", lambda: shell.control.wait_for_signal(signal, gate.type), shell.settings
            )
    except TimeoutError:
        what = "approved" if isinstance(gate, Approval) else "given"
        return GateStaysShut(path, Failure("TimeoutExpired", f"{gate.signal!r} was not {what} within {gate.timeout}."))
    except InvalidRequest as error:
        return GateStaysShut(path, Failure("SignalTypeMismatch", f"It cannot be waited for: {error}."))
    return await _answered(gate, value, shell, path)


async def _answered(gate: Approval | Input, value: Literal, shell: Shell, path: Path) -> NodeEvent:
    if isinstance(gate, Input):
        outputs = LiteralMap(literals={gate.output: value})
    elif value.scalar.primitive.boolean:
        try:
            outputs = await shell.data.inputs(path)
        except InvalidWorkflow as error:
            return GateStaysShut(path, Failure("BindingError", f"What was approved cannot be read: {error}."))
    else:  # the code is Flyte's
        return GateStaysShut(path, Failure("ReceivedRejectSignal", f"{gate.signal!r} was not approved."))
    await shell.data.store_outputs(path, outputs)
    return GateOpened(path)
