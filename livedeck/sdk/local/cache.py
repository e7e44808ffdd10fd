"""The cache of local runs: outputs of cached tasks, kept from one run to the next as a server keeps them.

A folder for each key holds ``outputs.pb`` and the files, frames and pickles that it names.
"""

import fcntl
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Self

from livedeck.errors import LivedeckError, ObjectNotFound
from livedeck.sdk import folder_locks
from livedeck.sdk.cache_versions import cache_version
from livedeck.sdk.local.folders import LocalDataPlane, cache_folder
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.nodes import NodeOverrides
from livedeck.sdk.tasks import Task

if TYPE_CHECKING:
    from livedeck.store import Store

LOCAL_CACHE = "LIVEDECK_LOCAL_CACHE"
"""Environment variable: ``0`` has local runs run every task, and cache nothing."""

_OUTPUTS = "outputs.pb"
_LOCK = "lock"
_PAUSE = 0.05
"""Seconds between two looks whether a lock is free, where waiting for it would hold up an event loop."""

logger = logging.getLogger("livedeck.local")


class LocalCacheEntry:
    """The cached outputs of one task on one set of inputs."""

    def __init__(self, task: Task[..., Any], store: "Store", *, serialize: bool) -> None:
        self._task = task
        self._store = store
        self._serialize = serialize
        self.data = LocalDataPlane(lambda: f"{store.uri}/data")
        """Where what goes along with the outputs is kept."""

    @classmethod
    def of(cls, task: Task[..., Any], overrides: NodeOverrides, inputs: Mapping[str, LocalValue]) -> Self | None:
        """Return the entry of a task and its inputs; None if its outputs are not to be cached.

        Raises:
            UserError: the task has no cache version, and its source cannot be read.
        """
        version = cache_version(task, overrides)
        folder = cache_folder() if version and os.environ.get(LOCAL_CACHE) != "0" else None
        if folder is None:
            return None
        from livedeck.store import open_store

        serialize = overrides.cache_serialize
        if serialize is None:
            serialize = task.options.cache is not None and task.options.cache.serialize
        return cls(task, open_store(f"file://{folder}/{_key(task, version, inputs)}"), serialize=serialize)

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Let only one run at a time compute the outputs, if the task says so; others wait here.

        The lock is the kernel's: it ends with the process that holds it.
        """
        with self._lock() as lock:
            if lock is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @asynccontextmanager
    async def reserved_async(self) -> AsyncIterator[None]:
        """Do what ``reserved`` does in a running event loop, in which the holder may run too."""
        import asyncio

        with self._lock() as lock:
            while lock is not None and not _try_lock(lock):  # noqa: ASYNC110 - another process may hold it
                await asyncio.sleep(_PAUSE)
            yield

    @contextmanager
    def _lock(self) -> Iterator[int | None]:
        if not self._serialize:
            yield None
            return
        folder = str(self._store.local_root)
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as the store does
        _hold(folder)
        lock = os.open(f"{folder}/{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield lock
        finally:
            os.close(lock)

    def find(self) -> Mapping[str, LocalValue] | None:
        """Return the outputs of an earlier run, None if there was none."""
        from flyteidl.core.literals_pb2 import LiteralMap

        try:
            literals = LiteralMap.FromString(self._store.get(_OUTPUTS)).literals
        except ObjectNotFound:
            return None
        _hold(str(self._store.local_root))
        logger.info("%s: its outputs are cached", self._task.name)
        return {name: LocalValue(None, self.data, literal=literals[name]) for name in self._task.interface.outputs}

    def keep(self, outputs: Mapping[str, LocalValue]) -> None:
        """Store outputs. As on a server a cache that fails costs time, never the run."""
        from flyteidl.core.literals_pb2 import LiteralMap

        literals = {name: value.literal for name, value in outputs.items()}
        try:
            self._store.put(_OUTPUTS, LiteralMap(literals=literals).SerializeToString(deterministic=True))
        except LivedeckError as error:
            logger.warning("%s: its outputs are not cached: %s", self._task.name, error)


_MOST_HELD = 128
"""Entries that a process keeps from being removed: each takes a descriptor, of which a process has some 1,000. Those
that it has used before have still been used a moment ago, and what is removed has not been for days."""

_held: dict[str, int] = {}
"""Descriptors by folder, the one that was used last at the end."""


def _hold(folder: str) -> None:
    """Keep an entry from being removed for as long as this process lives, or uses no more than so many others."""
    descriptor = folder_locks.lock(folder)
    if descriptor is None:
        return
    if folder in _held:
        os.close(_held.pop(folder))
    _held[folder] = descriptor
    while len(_held) > _MOST_HELD:
        os.close(_held.pop(next(iter(_held))))


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _key(task: Task[..., Any], version: str, inputs: Mapping[str, LocalValue]) -> str:
    from flyteidl.core.tasks_pb2 import TaskMetadata, TaskTemplate

    from livedeck.literals.cachekeys import cache_key
    from livedeck.sdk.specs.settings import typed_interface

    cache = task.options.cache
    template = TaskTemplate(interface=typed_interface(task.interface))
    template.id.name = task.name
    template.metadata.CopyFrom(TaskMetadata(cache_ignore_input_vars=cache.ignored_inputs if cache else ()))
    return cache_key(template, version, {name: value.literal for name, value in inputs.items()})
