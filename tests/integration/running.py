"""Running programs on a server, from a test."""

from pathlib import Path
from typing import Any

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.cli.remote import register_entity
from livedeck.client import Client, ExecutionChanged
from livedeck.sdk.loading import load_file
from livedeck.sdk.types import Where, to_literal

PROGRAMS = Path(__file__).parent / "programs"


def start(client: Client, file: Path | str, name: str, **inputs: Any) -> WorkflowExecutionIdentifier:
    """Register a workflow or task and start an execution of it."""
    program = load_file(PROGRAMS / file)
    entity = program.find(name)
    registered = register_entity(client, program, entity)
    literals = {
        key: to_literal(value, entity.interface.inputs[key].type, registered.data, Where(name, key))
        for key, value in inputs.items()
    }
    return client.create_execution(registered.id, LiteralMap(literals=literals))


def wait_ended(client: Client, execution: WorkflowExecutionIdentifier, *, timeout: float = 60.0) -> Execution:
    """Follow an execution to its end."""
    ended: Execution | None = None
    for change in client.follow(execution, timeout=timeout):
        if isinstance(change, ExecutionChanged):
            ended = change.execution
    assert ended is not None
    return ended


def run(client: Client, file: Path | str, name: str, *, timeout: float = 60.0, **inputs: Any) -> Execution:
    """Start an execution and wait until it has ended."""
    return wait_ended(client, start(client, file, name, **inputs), timeout=timeout)


def phase_of(execution: Execution) -> str:
    """The phase's name."""
    return WorkflowExecution.Phase.Name(execution.closure.phase)
