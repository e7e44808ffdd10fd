"""Task outputs remembered from run to run. A cache that fails costs time, never an execution."""

import logging
from collections.abc import Mapping

from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal

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

    def forget(self, path: Path) -> None:
        """Note that nothing was found, or nothing that still exists."""
        self._observations.cache_status[path] = CatalogCacheStatus.CACHE_MISS
        self._observations.cached_from.pop(path, None)

    async def keep(
        self,
        path: Path,
        task: TaskPlan,
        inputs: Mapping[str, Literal],
        output_uri: str,
        source: TaskExecutionIdentifier,
    ) -> None:
        """Remember outputs that a run has just made."""
        try:
            await self._control.store_cached(cache_key(task.template, task.cache_version, inputs), output_uri, source)
        except Exception:
            log.exception("propeller.cache_store_failed task=%s", task.template.id.name)
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_PUT_FAILURE
        else:
            self._observations.cache_status[path] = CatalogCacheStatus.CACHE_POPULATED
            self._observations.cached_from[path] = source
