"""What calls answer about stored inputs and outputs: inline while they are small, by link always."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from flyteidl.admin.common_pb2 import FlyteURLs, UrlBlob
from flyteidl.admin.execution_pb2 import Execution, WorkflowExecutionGetDataResponse
from flyteidl.admin.node_execution_pb2 import NodeExecution, NodeExecutionGetDataResponse
from flyteidl.admin.task_execution_pb2 import TaskExecution, TaskExecutionGetDataResponse
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.admin.objects import INLINE_LIMIT, Objects
from livedeck.admin.offload import run_by_size
from livedeck.admin.services.signing import Links

_LIFETIME: Final = timedelta(hours=1)
"""Of links in answers."""

Literals = tuple[UrlBlob, LiteralMap]
ItemInputs = Callable[[LiteralMap], LiteralMap]
"""Takes the inputs of one item out of those of its array node."""


class Answers:
    """Reads literals for answers."""

    def __init__(self, objects: Objects, links: Links) -> None:
        self._objects = objects
        self._links = links

    async def of_execution(self, execution: Execution, inputs_uri: str) -> WorkflowExecutionGetDataResponse:
        """Return the inputs and, once there are any, the outputs of an execution."""
        outputs = execution.closure.outputs
        inputs_blob, inputs = await self._stored(inputs_uri)
        outputs_blob, results = await self._either(outputs.uri, outputs.values)
        return WorkflowExecutionGetDataResponse(
            inputs=inputs_blob, full_inputs=inputs, outputs=outputs_blob, full_outputs=results
        )

    async def of_node(self, node: NodeExecution, of_item: ItemInputs | None = None) -> NodeExecutionGetDataResponse:
        """Return the inputs and outputs of a node, or of an item of an array node."""
        closure = node.closure
        inputs_blob, inputs = await self._inputs(node.input_uri, of_item)
        outputs_blob, outputs = await self._either(closure.output_uri, closure.output_data)
        return NodeExecutionGetDataResponse(
            inputs=inputs_blob,
            full_inputs=inputs,
            outputs=outputs_blob,
            full_outputs=outputs,
            flyte_urls=_flyte_urls(node.id, None, deck=bool(closure.deck_uri)),
        )

    async def of_attempt(self, task: TaskExecution, of_item: ItemInputs | None = None) -> TaskExecutionGetDataResponse:
        """Return the inputs and outputs of an attempt, of a node or of an item of an array node."""
        closure = task.closure
        inputs_blob, inputs = await self._inputs(task.input_uri, of_item)
        outputs_blob, outputs = await self._either(closure.output_uri, closure.output_data)
        return TaskExecutionGetDataResponse(
            inputs=inputs_blob,
            full_inputs=inputs,
            outputs=outputs_blob,
            full_outputs=outputs,
            flyte_urls=_flyte_urls(task.id.node_execution_id, task.id.retry_attempt, deck=False),
        )

    async def _inputs(self, uri: str, of_item: ItemInputs | None) -> Literals:
        """Read inputs; an item's are a part of its array node's, whose link is given where even that is too much."""
        blob, literals = await self._stored(uri)
        if of_item is None or not blob.url:
            return blob, literals
        whole = literals if literals.literals else await self._objects.read_literals(uri)
        own = await run_by_size(whole, of_item, whole)
        if own.ByteSize() > INLINE_LIMIT:
            return blob, LiteralMap()
        return UrlBlob(bytes=own.ByteSize()), own

    def _either(self, uri: str, inline: LiteralMap) -> Awaitable[Literals]:
        return self._stored(uri) if uri else self._inline(inline)

    async def _inline(self, literals: LiteralMap) -> Literals:
        return UrlBlob(bytes=literals.ByteSize()), literals

    async def _stored(self, uri: str) -> Literals:
        found = await self._objects.show_literals(uri)
        if found is None:
            return UrlBlob(), LiteralMap()
        link = await asyncio.to_thread(self._links.download_url, self._objects.key_of(uri), _LIFETIME)
        return UrlBlob(url=link, bytes=found.size), found.literals or LiteralMap()


def _flyte_urls(identifier: NodeExecutionIdentifier, attempt: int | None, *, deck: bool) -> FlyteURLs:
    owner = identifier.execution_id
    root = f"flyte://v1/{owner.project}/{owner.domain}/{owner.name}/{identifier.node_id}"
    base = root if attempt is None else f"{root}/{attempt}"
    return FlyteURLs(inputs=f"{base}/i", outputs=f"{base}/o", deck=f"{root}/d" if deck else "")
