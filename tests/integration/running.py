"""Running programs on a server, from a test."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from livedeck.cli.remote import register_entity
from livedeck.client import Client, ExecutionChanged
from livedeck.deck.ops import Document
from livedeck.deck.reader import Reader
from livedeck.deck.snapshot import parse
from livedeck.sdk.loading import load_file
from livedeck.sdk.tasks import Task
from livedeck.sdk.types import Location, to_literal
from livedeck.store import open_store
from livedeck.store.layout import DECK

PROGRAMS = Path(__file__).parent / "programs"


def start(client: Client, file: Path | str, name: str, /, **inputs: Any) -> WorkflowExecutionIdentifier:
    """Register a workflow or task and start an execution of it."""
    program = load_file(PROGRAMS / file)
    entity = program.find(name)
    registered = register_entity(client, program, entity)
    if isinstance(entity, Task):
        inputs = entity.interface.complete(inputs)
    literals = {
        key: to_literal(value, entity.interface.inputs[key].type, registered.data, Location(name, key))
        for key, value in inputs.items()
    }
    return client.create_execution(registered.id, LiteralMap(literals=literals))


DEADLINE = 120.0
"""Seconds that anything may take on a machine that is busy with other things."""


def wait_ended(client: Client, execution: WorkflowExecutionIdentifier, *, timeout: float = DEADLINE) -> Execution:
    """Follow an execution to its end."""
    ended: Execution | None = None
    for change in client.follow(execution, timeout=timeout):
        if isinstance(change, ExecutionChanged):
            ended = change.execution
    assert ended is not None
    return ended


def run(client: Client, file: Path | str, name: str, /, *, timeout: float = DEADLINE, **inputs: Any) -> Execution:
    """Start an execution and wait until it has ended."""
    return wait_ended(client, start(client, file, name, **inputs), timeout=timeout)


def wait_for(condition: Callable[[], object], *, timeout: float = DEADLINE) -> None:
    """Return once ``condition()`` holds.

    Raises:
        TimeoutError: It did not in time.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not hold within {timeout:g} s")
        time.sleep(0.02)


async def finished_deck(prefix: str, *, timeout: float = DEADLINE) -> Document:
    """Return what is on an attempt's Deck, once its end is there: it may come a moment after the task's own.

    Args:
        prefix: URI of the attempt's folder.
        timeout: Seconds to wait.
    """
    deadline = time.monotonic() + timeout
    while True:
        document = await Reader(open_store(prefix)).load()
        page = parse(await open_store(prefix).aget(DECK)) if document is not None and document.end is not None else None
        if page is not None and page.end is not None:
            return page
        if time.monotonic() > deadline:
            raise TimeoutError(f"{prefix}: no end of the Deck within {timeout:g} s")
        await asyncio.sleep(0.02)


def phase_of(execution: Execution) -> str:
    """The phase's name."""
    return WorkflowExecution.Phase.Name(execution.closure.phase)


def python_outputs(client: Client, execution: WorkflowExecutionIdentifier) -> dict[str, Any]:
    """The outputs of an execution whose types are guessed from their literals."""
    outputs = client.execution_data(execution).outputs.literals
    return {name: plain(literal) for name, literal in sorted(outputs.items())}


def plain(literal: Literal) -> Any:
    """The Python value of a primitive, or of a list or dict of them."""
    match literal.WhichOneof("value"):
        case "collection":
            return [plain(each) for each in literal.collection.literals]
        case "map":
            return {key: plain(each) for key, each in literal.map.literals.items()}
    primitive = literal.scalar.primitive
    return getattr(primitive, primitive.WhichOneof("value"))
