"""Executions of all shapes: started whatever is away, and compared with how they end when nothing is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flyteidl.core.execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.cli.remote import register_entity
from livedeck.client import Client, has_ended
from livedeck.errors import RemoteUnavailable
from livedeck.sdk.loading import load_file
from livedeck.testing.executors import literal
from tests.integration.running import phase_of, python_outputs

PROGRAM = Path(__file__).parent / "programs" / "mixed.py"
AWAY = 120.0
"""Seconds that a call may be refused for before that is a fault."""

T = TypeVar("T")


@dataclass(frozen=True)
class End:
    """What is the same however often an execution was disturbed."""

    phase: str
    outputs: str
    error: str
    nodes: tuple[tuple[str, str], ...]
    """Name and phase of those of its top level."""


@dataclass(frozen=True)
class Run:
    """An execution."""

    shape: str
    id: WorkflowExecutionIdentifier


def patiently(call: Callable[[], T]) -> T:
    """Return what a call returns, made again for as long as it is refused because something is away."""
    deadline = time.monotonic() + AWAY
    while True:
        try:
            return call()
        except RemoteUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


class Runs:
    """Starts executions through a proxy.

    Args:
        client: of the deployment.
        folder: where tasks leave their records.
    """

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._registered: dict[str, Identifier] = {}
        self._data: Any = None
        program = load_file(PROGRAM)
        self.shapes: tuple[str, ...] = program.module.SHAPES
        self.ops: int = program.module.OPS
        for shape in self.shapes:
            self._registered[shape] = register_entity(client, program, program.find(shape)).id

    def start(self, shape: str, name: str) -> Run:
        """Start an execution of a shape; its inputs are those of all others of that shape."""
        inputs = {"x": literal(4), "folder": literal(str(self._folder))}
        started = patiently(
            lambda: self._client.create_execution(self._registered[shape], LiteralMap(literals=inputs), name=name)
        )
        return Run(shape, started)

    def has_ended(self, run: Run) -> bool:
        """Tell whether an execution is over."""
        return has_ended(patiently(lambda: self._client.get_execution(run.id)))

    def end(self, run: Run) -> End:
        """Return how an execution has ended."""
        execution = patiently(lambda: self._client.get_execution(run.id))
        nodes = patiently(lambda: list(self._client.node_executions(run.id)))
        failed = execution.closure.HasField("error")
        return End(
            phase_of(execution),
            "" if failed else str(patiently(lambda: python_outputs(self._client, run.id))),
            execution.closure.error.code,
            tuple(sorted((each.id.node_id, NodeExecution.Phase.Name(each.closure.phase)) for each in nodes)),
        )
