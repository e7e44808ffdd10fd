"""What an execution takes from the one that it recovers: the nodes that have succeeded there are not run again.

As in Flyte a node is found by its unique id, at any depth, and its inputs and outputs are copied, so that what comes
after it finds them where it would have left them. What is not there any more is run.
"""

import logging
from collections.abc import Mapping

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import NodeExecution as Phases
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import TaskNodeMetadata

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.control_plane import Recorded
from livedeck.propeller.data import Data
from livedeck.propeller.observations import Observations, Source
from livedeck.propeller.plan import Path

log = logging.getLogger("livedeck.propeller")

_ENDED_WELL = frozenset({Phases.SUCCEEDED, Phases.RECOVERED})


class RecoveredNodes:
    """The nodes of the execution that is recovered.

    Args:
        recorded: what is on record of it; None: nothing is recovered.
        data: where inputs and outputs are copied to.
        observations: where is noted what nodes come from.
    """

    def __init__(self, recorded: Recorded | None, data: Data, observations: Observations) -> None:
        self._data = data
        self._observations = observations
        self._nodes: Mapping[str, NodeExecution] = {}
        self._attempts: dict[str, TaskExecution] = {}
        self._renamed: dict[str, str] = {}
        """What the ids of nodes begin with that a dynamic node holds, here and there."""
        if recorded is not None:
            self._nodes = {node.id.node_id: node for node in recorded.nodes}
            self._attempts = {task.id.node_execution_id.node_id: task for task in recorded.tasks}  # the latest of each

    async def take(self, path: Path, name: str) -> bool:
        """Copy the inputs and outputs of a node that has succeeded; return False if it is to run.

        Args:
            path: the node.
            name: its unique id.
        """
        node = self._find(name)
        if node is None or node.closure.phase not in _ENDED_WELL:
            return False
        try:
            inputs = await self._data.read(node.input_uri) if node.input_uri else LiteralMap()
            outputs = await self._data.read(node.closure.output_uri) if node.closure.output_uri else None
        except InvalidWorkflow as error:
            log.warning("propeller.not_recovered node=%s error=%s", name, error)
            return False
        await self._data.store_inputs(path, inputs)
        if outputs is not None:
            await self._data.store_outputs(path, outputs)
        self._observations.recovered_from[path] = self._source(node)
        return True

    def dynamic(self, name: str) -> NodeExecutionIdentifier | None:
        """Return the dynamic node whose task has left nodes, not all of which have succeeded; None: it has not."""
        node = self._find(name)
        if node is None or not node.closure.dynamic_job_spec_uri or node.closure.phase in _ENDED_WELL:
            return None
        return node.id

    async def take_dynamic(self, path: Path, name: str) -> bool:
        """Copy the inputs of a dynamic node whose task is not run again; return False if they are gone."""
        node = self._find(name)
        assert node is not None
        try:
            inputs = await self._data.read(node.input_uri)
        except InvalidWorkflow as error:
            log.warning("propeller.not_recovered node=%s error=%s", name, error)
            return False
        await self._data.store_inputs(path, inputs)
        self.note_dynamic(path, name)
        return True

    def note_dynamic(self, path: Path, name: str) -> None:
        """Note where a dynamic node comes from whose task is not run again, and what the nodes that it holds are."""
        node = self._find(name)
        if node is None:
            return
        self._observations.recovered_from[path] = self._source(node)
        attempt = self._attempts.get(node.id.node_id)
        number = attempt.id.retry_attempt if attempt is not None else 0
        self._renamed[f"{name}-0-"] = f"{node.id.node_id}-{number}-"

    def child(self, name: str) -> WorkflowExecutionIdentifier | None:
        """Return the execution that a node has started there, which is to be recovered in its turn; None: none."""
        node = self._find(name)
        return None if node is None else _child_of(node)

    def _find(self, name: str) -> NodeExecution | None:
        for here, there in self._renamed.items():
            if name.startswith(here):
                return self._nodes.get(there + name[len(here) :])
        return self._nodes.get(name)

    def _source(self, node: NodeExecution) -> Source:
        closure = node.closure
        attempt = self._attempts.get(node.id.node_id)
        known = closure.HasField("task_node_metadata")
        if not known and attempt is None:
            return Source(closure.deck_uri, None, _child_of(node))
        told = closure.task_node_metadata
        cached = TaskNodeMetadata(cache_status=told.cache_status)
        cached.catalog_key.CopyFrom(told.catalog_key)
        if attempt is not None and told.cache_status != CatalogCacheStatus.CACHE_HIT:  # else the key names one already
            cached.catalog_key.source_task_execution.CopyFrom(attempt.id)
        return Source(closure.deck_uri, cached, None)


def _child_of(node: NodeExecution) -> WorkflowExecutionIdentifier | None:
    child = node.closure.workflow_node_metadata.executionId
    return child if child.name else None
