"""What the shell does for nodes whose outputs the cache may know: it looks them up, reserves them, and has them kept.

Whatever is cached is described as a task is: by its identifier, its interface and its cache version.
"""

import asyncio
import logging
from collections.abc import Mapping

from flyteidl.core.literals_pb2 import Literal

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.events import CacheHit, CacheMissed, NodeEvent, OutputsAwaited, Prepared, PrepareFailed
from livedeck.propeller.failures import Failure
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.shell import Shell
from livedeck.propeller.store_access import found
from livedeck.store import split_uri
from livedeck.store.layout import DECK

log = logging.getLogger("livedeck.propeller")


async def look_up(task: TaskPlan, shell: Shell, path: Path, inputs: Mapping[str, Literal]) -> NodeEvent:
    """Return what follows once a node's inputs are in the store: whether its outputs are known, or to be computed."""
    uri = await shell.cache.find(path, task, inputs)
    if uri is not None and await _take(task, shell, path, uri):
        return CacheHit(path)
    return CacheMissed(path) if task.serial else Prepared(path)


async def reserve(task: TaskPlan, shell: Shell, path: Path, more: Mapping[str, Literal] | None = None) -> None:
    """Wait without a slot until the outputs are cached, or are this node's to compute.

    Args:
        task: what the node runs.
        shell: the shell.
        path: the node.
        more: inputs that it does not bind.
    """
    node = shell.addresses.node_id(shell.name(path))
    try:
        inputs = {**(await shell.data.inputs(path)).literals, **(more or {})}
    except InvalidWorkflow as error:
        shell.emit(PrepareFailed(path, Failure("BindingError", f"The inputs cannot be read: {error}.")))
        return
    uri = await shell.cache.reserve(
        path,
        node,
        task,
        inputs,
        wanted=lambda: not shell.node(path).phase.terminal,
        waits=lambda: shell.emit(OutputsAwaited(path)),
    )
    with shell.recorder.expecting():
        if uri is not None and await _take(task, shell, path, uri):
            shell.emit(CacheHit(path))
        else:
            shell.emit(Prepared(path))


async def release(task: TaskPlan, shell: Shell, path: Path) -> None:
    """Let others compute what the node has reserved, if it has."""
    if task.serial:
        # Not before it is known that this engine still has the execution: the reservation may be another's by now.
        await shell.recorder.recorded()
        await shell.cache.release(shell.addresses.node_id(shell.name(path)))


async def keep(
    task: TaskPlan, shell: Shell, path: Path, number: int, more: Mapping[str, Literal] | None = None
) -> None:
    """Have the cache keep a node's outputs, which are in the store, if they are of a kind that is kept.

    Args:
        task: what the node runs.
        shell: the shell.
        path: the node.
        number: the attempt that counts as the one that has made them.
        more: inputs that the node does not bind.
    """
    if task.cacheable:
        inputs = {**(await shell.data.inputs(path)).literals, **(more or {})}
        source = shell.addresses.task_id(shell.name(path), task.template.id, number)
        await shell.cache.keep(path, task, inputs, shell.observations.outputs[path], source)


async def _take(task: TaskPlan, shell: Shell, path: Path, uri: str) -> bool:
    """Note cached outputs as the node's; False if they are gone."""
    try:
        _, deck = await asyncio.gather(shell.data.read(uri), _deck_beside(task, shell, uri))
    except InvalidWorkflow:
        log.warning("propeller.cache_stale execution=%s outputs=%s", shell.key, uri)
        shell.cache.forget(path, stale=True)
        return False
    shell.observations.outputs[path] = uri
    if deck:
        shell.observations.decks[path, 0] = deck
    return True


async def _deck_beside(task: TaskPlan, shell: Shell, uri: str) -> str:
    """Return where the Deck lies that the attempt has left which made cached outputs; empty: it has none."""
    there = task.generates_deck is None and await found(split_uri(uri)[0], DECK)
    return shell.addresses.deck_beside(uri) if there else ""
