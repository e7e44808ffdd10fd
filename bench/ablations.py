"""What single parts gain: the same with all parts, and without one of them.

The process executor's are measured at the executor alone, without engine and records: an attempt of a task that does
nothing is launched, run with inputs and outputs in a store on disk, over. Prepared statements are measured at the
database alone: the events of a task are recorded in three steps, as in a chain. All variants stand side by side and are
measured in turn, so that they have the same neighbours.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent
from google.protobuf.timestamp_pb2 import Timestamp

from bench.figures import Figure
from bench.history import DOMAIN, PROJECT, write_history
from bench.options import Options
from bench.workflows import successor
from livedeck.admin.db import recording
from livedeck.admin.db.database import Database
from livedeck.executors.api import Attempt, Executor
from livedeck.executors.process import ProcessExecutor
from livedeck.sdk.types import DataPlane, to_literal
from livedeck.store import open_store

PARTS = {
    "exit notice": "the exit notice (not waiting for the kernel to take the process down)",
    "spares": "forking in advance",
}
EXECUTIONS = 10
PHASES = (
    (NodeExecution.QUEUED, TaskExecution.QUEUED),
    (NodeExecution.RUNNING, TaskExecution.RUNNING),
    (NodeExecution.SUCCEEDED, TaskExecution.SUCCEEDED),
)


def figures(options: Options) -> Iterator[Figure]:
    rounds, attempts = (2, 20) if options.short else (10, 50)
    measured = uvloop.run(_attempts(rounds, attempts))
    whole = measured.pop("")
    for part, milliseconds in measured.items():
        yield Figure(f"ablation: an attempt without {PARTS[part]}, median", milliseconds, "ms", None, "with it", whole)
    whole, without = uvloop.run(_records(rounds, attempts))
    label = "ablation: recording the events of a task without prepared statements, median"
    yield Figure(label, without, "ms", None, "with them", whole)


async def _attempts(rounds: int, attempts: int) -> dict[str, float]:
    """Return the median milliseconds of an attempt by the part that is left out; the empty name: none is."""
    times: dict[str, list[float]] = {part: [] for part in ("", *PARTS)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with AsyncExitStack() as stack:
            executors = {
                part: await stack.enter_async_context(
                    ProcessExecutor(
                        work_dir=Path(folder, f"work {part}"),
                        environment=dict(os.environ),
                        without=[part] if part else [],
                    )
                )
                for part in times
            }
            for executor in executors.values():
                await _run(executor, Path(folder), 10)
            for _ in range(rounds):
                for part, executor in executors.items():
                    times[part] += await _run(executor, Path(folder), attempts)
    return {part: statistics.median(values) for part, values in times.items()}


async def _run(executor: Executor, folder: Path, count: int) -> list[float]:
    """Return the milliseconds that each of so many attempts took, one after the other."""
    found = []
    for _ in range(count):
        attempt = _attempt(folder, time.time_ns())
        start = time.perf_counter()
        ended = await executor.wait(await executor.launch(attempt))
        found.append(1e3 * (time.perf_counter() - start))
        if ended.code or open_store(attempt.output_prefix).head("outputs.pb") is None:
            raise SystemExit(f"an attempt failed: {ended}")
    return found


def _attempt(folder: Path, number: int) -> Attempt:
    node = f"{folder.as_uri()}/store/{number}"
    inputs = LiteralMap(literals={"x": to_literal(0, int, DataPlane("memory://unused"))})
    open_store(node).put("inputs.pb", inputs.SerializeToString())
    return Attempt(
        id=f"project/domain/execution/{number}/0",
        command=(
            *("livedeck-execute", "--inputs", f"{node}/inputs.pb", "--output-prefix", f"{node}/0"),
            *("--raw-output-data-prefix", f"{node}/raw", "--"),
            *("task-module", successor.module, "task-name", successor.function.__name__),
        ),
        environment={},
        output_prefix=f"{node}/0",
    )


async def _records(rounds: int, tasks: int) -> tuple[float, float]:
    """Return the median milliseconds for the events of a task with prepared statements, and without."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            databases = {}
            for prepared in times:
                url = f"sqlite:///{folder}/{prepared}.db"
                write_history(url, EXECUTIONS)
                databases[prepared] = await stack.enter_async_context(Database.open(url, prepared=prepared))
            for number in range(rounds):
                for prepared, database in databases.items():
                    for task in range(tasks):
                        start = time.perf_counter()
                        await _record(database, f"n{number}-{task}")
                        times[prepared].append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[True]), statistics.median(times[False])


async def _record(database: Database, name: str) -> None:
    running = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=f"x{EXECUTIONS - 1}")
    node = NodeExecutionIdentifier(execution_id=running, node_id=name)
    task = Identifier(resource_type=ResourceType.TASK, project=PROJECT, domain=DOMAIN, name="task", version="1")
    for phase, task_phase in PHASES:
        at = Timestamp()
        at.GetCurrentTime()
        events: list[recording.ExecutionEvent] = [
            NodeExecutionEvent(id=node, phase=phase, occurred_at=at),
            TaskExecutionEvent(task_id=task, parent_node_execution_id=node, phase=task_phase, occurred_at=at),
        ]
        await database.write(recording.record, recording.Reporter(None), events)
