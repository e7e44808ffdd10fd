"""Gates in Flyte's form."""

from flyteidl.core.workflow_pb2 import ApproveCondition, GateNode, SignalCondition, SleepCondition

from livedeck.sdk.gates import Approval, Gate, Input, Sleep
from livedeck.sdk.specs.settings import duration
from livedeck.sdk.types import literal_type


def compile_gate(gate: Gate) -> GateNode:
    """Compile what a gate waits for."""
    match gate:
        case Approval():
            return GateNode(approve=ApproveCondition(signal_id=gate.name))
        case Input():
            [(variable, python_type)] = gate.interface.outputs.items()
            condition = SignalCondition(
                signal_id=gate.name, type=literal_type(python_type), output_variable_name=variable
            )
            return GateNode(signal=condition)
        case Sleep():
            return GateNode(sleep=SleepCondition(duration=duration(gate.duration)))
        case _:
            raise AssertionError(f"{gate!r} waits for nothing that there is")
