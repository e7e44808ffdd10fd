"""What the shell does for the commands of a task's node."""

from collections.abc import Coroutine
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.errors import ImpossibleTransition
from livedeck.propeller import cached_outputs
from livedeck.propeller.commands import (
    KeepOutputs,
    Launch,
    NodeCommand,
    Prepare,
    ReleaseOutputs,
    ReserveOutputs,
    Stop,
)
from livedeck.propeller.events import NodeEvent, OutputsKept
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.shell import Shell


def carry_out(task: TaskPlan, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
    """Begin what a command asks for; the coroutine that is returned does the rest."""
    match command:
        case Prepare(path):
            return _prepare(task, shell, path)
        case ReserveOutputs(path):
            return cached_outputs.reserve(task, shell, path)
        case ReleaseOutputs(path):
            return cached_outputs.release(task, shell, path)
        case Launch(path, attempt, adopt):
            return shell.launcher.start(path, attempt, task, adopt=adopt)
        case Stop(path, attempt):
            return _stop(shell, path, attempt)
        case KeepOutputs(path, attempt):
            return _keep_outputs(task, shell, path, attempt)
        case _:
            raise ImpossibleTransition(f"a task's node does not ask for {command}")


async def _prepare(task: TaskPlan, shell: Shell, path: Path) -> None:
    async def look_up(inputs: LiteralMap) -> NodeEvent:
        return await cached_outputs.look_up(task, shell, path, inputs.literals)

    # A task that the cache may know is over without running: it does not wait for others to be started.
    slots = shell.preparing if task.cacheable else shell.starting
    await shell.prepare(path, look_up, slots)


async def _stop(shell: Shell, path: Path, number: int) -> None:
    # What the attempt is stopped for must be on record first: else an engine that takes over sees only that it was
    # killed, and tries it again.
    await shell.recorder.recorded()
    shell.launcher.stop(path, number)


async def _keep_outputs(task: TaskPlan, shell: Shell, path: Path, number: int) -> None:
    await cached_outputs.keep(task, shell, path, number)
    shell.emit(OutputsKept(path))
