"""Programs on a server."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.cli.remote import Registered, register_entity
from livedeck.client import Client, ExecutionChanged
from livedeck.sdk.interface import Interface
from livedeck.sdk.loading import load_file
from livedeck.sdk.types import DataPlane, Location, from_literal, to_literal

PROGRAM = Path(__file__).parent / "workflows.py"
TIMEOUT = 300.0


@dataclass(frozen=True)
class Prepared:
    """A workflow that is registered, and can be started."""

    client: Client
    interface: Interface
    registered: Registered

    def start(self, **inputs: Any) -> WorkflowExecutionIdentifier:
        types = self.interface.inputs
        literals = {
            name: to_literal(value, types[name].type, self.registered.data, Location("bench", name))
            for name, value in inputs.items()
        }
        return self.client.create_execution(self.registered.id, LiteralMap(literals=literals))

    def wait(self, execution: WorkflowExecutionIdentifier) -> Execution:
        """Follow the execution to its end, which must be a good one."""
        changes = self.client.follow(execution, timeout=TIMEOUT)
        last = [change.execution for change in changes if isinstance(change, ExecutionChanged)][-1]
        if last.closure.phase != WorkflowExecution.SUCCEEDED:
            raise SystemExit(f"execution {execution.name} did not succeed: {last.closure.error.message}")
        return last

    def seconds(self, **inputs: Any) -> float:
        """From asking for the execution to having been told of its end."""
        start = time.perf_counter()
        self.wait(self.start(**inputs))
        return time.perf_counter() - start

    def output(self, execution: WorkflowExecutionIdentifier, name: str = "o0") -> Any:
        literal = self.client.execution_data(execution).outputs.literals[name]
        return from_literal(literal, self.interface.outputs[name], DataPlane("memory://unused"))


def prepare(client: Client, name: str, program_file: Path = PROGRAM) -> Prepared:
    program = load_file(program_file)
    entity = program.find(name)
    return Prepared(client, entity.interface, register_entity(client, program, entity))
