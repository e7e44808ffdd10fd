"""Task outputs remembered from run to run. A cache that fails costs time, never an execution."""

import logging
from collections.abc import Callable, Mapping

from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogReservation
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal

from livedeck.executors.api import Queued
from livedeck.literals.cachekeys import cache_key
from livedeck.propeller.control_plane import ControlPlane
from livedeck.propeller.observations import Observations
from livedeck.propeller.plan import Path, TaskPlan

log = logging.getLogger("livedeck.propeller")


class TaskCache:
    """The cache as one execution uses it.

    Args:
        control: who remembers.
        user: the execution.
        observations: where is noted what came of it.
        overwrite: whether to run tasks although their outputs are known, and to remember the new ones.
    """

    def __init__(
        self, control: ControlPlane, user: WorkflowExecutionIdentifier, observations: Observations, *, overwrite: bool
    ) -> None:
        self._control = control
        self._user = user
        self._observations = observations
        self._overwrite = overwrite
        self._stale: set[Path] = set()
        """Nodes whose outputs were known and are gone."""
        self._waiting: dict[Path, NodeExecutionIdentifier] = {}

    def waiting(self) -> dict[Path, Queued]:
        """Return the nodes that wait for others which compute the same outputs, and why."""
        return {path: Queued(0, _FOR_ANOTHER.format(_shown(owner))) for path, owner in self._waiting.items()}

    async def find(self, path: Path, task: TaskPlan, inputs: Mapping[str, Literal]) -> str | None:
        """Return where the outputs lie that an earlier run made of the same inputs; None if there are none."""
        if not task.cacheable:
            return None
        if self._overwrite:
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_SKIPPED
            return None
        try:
            entry = await self._control.find_cached(cache_key(task.template, task.cache_version, inputs), self._user)
        except Exception:
            log.exception("propeller.cache_lookup_failed task=%s", task.template.id.name)
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_LOOKUP_FAILURE
            return None
        if entry is None:
            self.forget(path)
            return None
        self._observations.cache_status[path] = CatalogCacheStatus.CACHE_HIT
        self._observations.cached_from[path] = entry.source
        return entry.output_uri

    def forget(self, path: Path, *, stale: bool = False) -> None:
        """Note that nothing was found; or, ``stale``, nothing that still exists: new outputs go in its place."""
        self._observations.cache_status[path] = CatalogCacheStatus.CACHE_MISS
        self._observations.cached_from.pop(path, None)
        if stale:
            self._stale.add(path)

    async def reserve(
        self,
        path: Path,
        node: NodeExecutionIdentifier,
        task: TaskPlan,
        inputs: Mapping[str, Literal],
        *,
        wanted: Callable[[], bool],
        waits: Callable[[], None],
    ) -> str | None:
        """Wait while another node computes the same outputs; return where they lie, None if this one is to.

        Args:
            path: the node.
            node: its identifier.
            task: what it runs.
            inputs: its inputs.
            wanted: whether the outputs still are: the node may be stopped meanwhile.
            waits: called once if the node begins to wait.
        """
        key = cache_key(task.template, task.cache_version, inputs)
        overwrite = self._overwrite or path in self._stale
        try:
            while (answer := await self._control.reserve_cached(key, node, overwrite=overwrite)).found is None:
                if answer.owner == node:
                    self._observations.reservation_status[path] = CatalogReservation.RESERVATION_ACQUIRED
                    if not wanted():
                        await self._control.release_cached(node)
                    return None
                self._observations.reservation_status[path] = CatalogReservation.RESERVATION_EXISTS
                if path not in self._waiting:
                    waits()
                self._waiting[path] = answer.owner
                await self._control.wait_for_release(answer.heard)
                if not wanted():
                    return None
                overwrite = self._overwrite
        except Exception:
            log.exception("propeller.cache_reservation_failed task=%s", task.template.id.name)
            self._observations.reservation_status[path] = CatalogReservation.RESERVATION_FAILURE
            return None
        finally:
            self._waiting.pop(path, None)
        self._observations.cache_status[path] = CatalogCacheStatus.CACHE_HIT
        self._observations.cached_from[path] = answer.found.source
        return answer.found.output_uri

    async def release(self, node: NodeExecutionIdentifier) -> None:
        """Let others compute what a node has reserved and will not make."""
        try:
            await self._control.release_cached(node)
        except Exception:  # it ends with the execution at the latest
            log.exception("propeller.cache_release_failed node=%s", node.node_id)

    async def keep(
        self,
        path: Path,
        task: TaskPlan,
        inputs: Mapping[str, Literal],
        output_uri: str,
        source: TaskExecutionIdentifier,
    ) -> None:
        """Remember outputs that a run has just made."""
        key = cache_key(task.template, task.cache_version, inputs)
        overwrite = self._overwrite or path in self._stale
        try:
            await self._control.store_cached(key, output_uri, source, overwrite=overwrite)
        except Exception:
            log.exception("propeller.cache_store_failed task=%s", task.template.id.name)
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_PUT_FAILURE
            if task.serial:
                await self.release(source.node_execution_id)
        else:
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_POPULATED
            self._observations.cached_from[path] = source
        if task.serial:
            self._observations.reservation_status[path] = CatalogReservation.RESERVATION_RELEASED


_FOR_ANOTHER = "waits for node {}, which computes the same outputs (cache_serialize)"


def _shown(node: NodeExecutionIdentifier) -> str:
    return f"{node.node_id} of execution {node.execution_id.name}"
