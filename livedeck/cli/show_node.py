"""`livedeck get NAME --node NODE`: one node of an execution, or one item of a map, with all that there is of it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
import msgspec
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import NodeExecution as NodePhases
from flyteidl.core.execution_pb2 import TaskExecution as TaskPhases
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.core.literals_pb2 import Binary, Literal, LiteralMap, Primitive, Scalar
from google.protobuf.json_format import MessageToDict

from livedeck.cli.progress import duration_text
from livedeck.client import Client
from livedeck.store.layout import ITEM

SOME: Final = 20
"""Failed items that are named."""


def show_node(client: Client, node: NodeExecutionIdentifier) -> None:
    """Print the phase, the attempts, where its Deck is, its inputs and outputs, and its error.

    Args:
        client: Of the server that runs it.
        node: The node; an item goes by its array node's id and its number, ``n0:17``.

    Raises:
        RemoteNotFound: there is no such node or item.
    """
    found = client.node_execution(node)
    closure = found.closure
    phase = NodePhases.Phase.Name(closure.phase).lower()
    click.echo(f"{node.node_id}  {phase}{_took(closure)}")
    click.echo(f"Page: {client.console_url(node.execution_id)}?node={node.node_id}")
    if closure.deck_uri:
        click.echo(f"Deck: {client.console_url(node.execution_id)}?node={node.node_id}&view=deck")
    for attempt in client.task_executions(node):
        if ITEM not in node.node_id and found.metadata.is_array:
            _show_items(node.node_id, attempt)  # it stands for all items, and ran nothing itself
            continue
        name = TaskPhases.Phase.Name(attempt.closure.phase).lower()
        click.echo(f"Attempt {attempt.id.retry_attempt + 1}: {name}{_took(attempt.closure)}")
    data = client.node_data(node)
    for title, literals in (("Inputs", data.inputs), ("Outputs", data.outputs)):
        if literals.literals:
            click.echo(f"{title}: {json.dumps(shown(literals), indent=2, ensure_ascii=False, default=repr)}")
    if closure.HasField("error"):
        click.echo(f"Error: {closure.error.message.strip()}")


def items_text(attempt: TaskExecution) -> str:
    """Say how many items of an array node have come to what: ``9 items: 6 succeeded, 3 failed``."""
    counts = Counter(TaskPhases.Phase.Name(phase) for phase in _phases_of_items(attempt).values())
    size = int(attempt.closure.custom_info.fields["items"].number_value)
    words = ", ".join(f"{counts[phase]:,} {phase.lower().replace('_', ' ')}" for phase in sorted(counts, reverse=True))
    return f"{size:,} items: {words}" if words else f"{size:,} items"


def _show_items(node: str, attempt: TaskExecution) -> None:
    click.echo(items_text(attempt))
    failed = sorted(index for index, phase in _phases_of_items(attempt).items() if phase == TaskPhases.FAILED)
    if failed:
        more = f", and {len(failed) - SOME:,} more" if len(failed) > SOME else ""
        click.echo(f"Failed: {', '.join(f'{node}{ITEM}{index}' for index in failed[:SOME])}{more}")


def _phases_of_items(attempt: TaskExecution) -> Mapping[int, TaskPhases.Phase]:
    """Return the phase of the newest attempt of each item that has begun."""
    resources = attempt.closure.metadata.external_resources
    return {each.index: each.phase for each in sorted(resources, key=lambda each: each.retry_attempt)}


def node_as_json(client: Client, node: NodeExecutionIdentifier) -> Mapping[str, Any]:
    """Return a node as JSON: itself and its attempts as Flyte's REST API has them, its inputs and outputs as values.

    Args:
        client: Of the server that runs it.
        node: The node, or an item as for `show_node`.

    Raises:
        RemoteNotFound: there is no such node or item.
    """
    found, data = client.node_execution(node), client.node_data(node)
    return {
        "node": MessageToDict(found),
        "attempts": [MessageToDict(each) for each in client.task_executions(node)],
        "inputs": shown(data.inputs),
        "outputs": shown(data.outputs),
    }


def shown(literals: LiteralMap) -> Mapping[str, Any]:
    """Return literals as JSON, without knowing their Python types: what lies elsewhere as its URI."""
    return {name: _shown(literals.literals[name]) for name in sorted(literals.literals)}


def _shown(literal: Literal) -> Any:
    if literal.HasField("collection"):
        return [_shown(each) for each in literal.collection.literals]
    if literal.HasField("map"):
        return dict(shown(literal.map))
    if literal.HasField("offloaded_metadata"):
        return literal.offloaded_metadata.uri
    kind = literal.scalar.WhichOneof("value") or "none_type"
    convert = _SCALARS.get(kind)
    return convert(literal.scalar) if convert is not None else f"<{kind}>"


_SCALARS: Mapping[str, Callable[[Scalar], Any]] = {
    "primitive": lambda scalar: _primitive(scalar.primitive),
    "none_type": lambda _: None,
    "union": lambda scalar: _shown(scalar.union.value),
    "blob": lambda scalar: scalar.blob.uri,
    "structured_dataset": lambda scalar: scalar.structured_dataset.uri,
    "schema": lambda scalar: scalar.schema.uri,
    "generic": lambda scalar: MessageToDict(scalar.generic),
    "binary": lambda scalar: _binary(scalar.binary),
    "error": lambda scalar: scalar.error.message,
}


def _primitive(primitive: Primitive) -> Any:
    if primitive.HasField("datetime"):
        return primitive.datetime.ToJsonString()
    if primitive.HasField("duration"):
        return primitive.duration.ToTimedelta().total_seconds()
    kind = primitive.WhichOneof("value")
    return getattr(primitive, kind) if kind else None


def _binary(binary: Binary) -> Any:
    return msgspec.msgpack.decode(binary.value) if binary.tag == "msgpack" else f"<{binary.tag or 'binary'}>"


def _took(closure: Any) -> str:
    return f"  {duration_text(closure.duration)}" if closure.HasField("duration") else ""
