"""What the shell does for the commands of a task's node."""

import logging
from collections.abc import Coroutine
from typing import Any

from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.errors import ImpossibleTransition, InvalidWorkflow
from livedeck.propeller.commands import (
    KeepOutputs,
    Launch,
    NodeCommand,
    Prepare,
    ReleaseOutputs,
    ReserveOutputs,
    Stop,
)
from livedeck.propeller.events import CacheHit, CacheMissed, NodeEvent, OutputsKept, Prepared, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.shell import Shell

log = logging.getLogger("livedeck.propeller")


def carry_out(task: TaskPlan, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
    """Begin what a command asks for; the coroutine that is returned does the rest."""
    match command:
        case Prepare(path):
            return _prepare(task, shell, path)
        case ReserveOutputs(path):
            return _reserve(task, shell, path)
        case ReleaseOutputs(path):
            return _release(task, shell, path)
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
        if await _find_cached(task, shell, path, inputs):
            return CacheHit(path)
        return CacheMissed(path) if task.serial else Prepared(path)

    # A task that the cache may know is over without running: it does not wait for others to be started.
    slots = shell.preparing if task.cacheable else shell.starting
    await shell.prepare(path, look_up, slots)


async def _find_cached(task: TaskPlan, shell: Shell, path: Path, inputs: LiteralMap) -> bool:
    uri = await shell.cache.find(path, task, inputs.literals)
    return uri is not None and await _take_cached(shell, path, uri)


async def _take_cached(shell: Shell, path: Path, uri: str) -> bool:
    """Note cached outputs as the node's; False if they are gone."""
    try:
        await shell.data.read(uri)
    except InvalidWorkflow:
        log.warning("propeller.cache_stale execution=%s outputs=%s", shell.key, uri)
        shell.cache.forget(path, stale=True)
        return False
    shell.observations.outputs[path] = uri
    return True


async def _reserve(task: TaskPlan, shell: Shell, path: Path) -> None:
    """Wait without a slot until the outputs are cached, or are this node's to compute."""
    node = shell.addresses.node_id(shell.name(path))
    try:
        inputs = (await shell.data.inputs(path)).literals
    except InvalidWorkflow as error:
        shell.emit(PrepareFailed(path, Failure("BindingError", f"The inputs cannot be read: {error}.")))
        return
    uri = await shell.cache.reserve(path, node, task, inputs, wanted=lambda: not shell.node(path).phase.terminal)
    with shell.recorder.expecting():
        if uri is not None and await _take_cached(shell, path, uri):
            shell.emit(CacheHit(path))
        else:
            shell.emit(Prepared(path))


async def _release(task: TaskPlan, shell: Shell, path: Path) -> None:
    if task.serial:
        await shell.cache.release(shell.addresses.node_id(shell.name(path)))


async def _stop(shell: Shell, path: Path, number: int) -> None:
    # What the attempt is stopped for must be on record first: else an engine that takes over sees only that it was
    # killed, and tries it again.
    await shell.recorder.recorded()
    shell.launcher.stop(path, number)


async def _keep_outputs(task: TaskPlan, shell: Shell, path: Path, number: int) -> None:
    if task.cacheable:
        inputs = (await shell.data.inputs(path)).literals
        source = shell.addresses.task_id(shell.name(path), task.template.id, number)
        await shell.cache.keep(path, task, inputs, shell.observations.outputs[path], source)
    shell.emit(OutputsKept(path))
