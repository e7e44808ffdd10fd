"""From bindings to literals: what a node's input is, given the outputs of the nodes upstream. Pure."""

from collections.abc import Awaitable, Callable, Mapping

from flyteidl.core.literals_pb2 import BindingData, Literal, LiteralCollection, LiteralMap, Scalar, Union, Void
from flyteidl.core.types_pb2 import OutputReference

from livedeck.errors import InvalidWorkflow
from livedeck.literals.attributes import attribute
from livedeck.propeller.plan import START

Lookup = Callable[[str], Awaitable[Mapping[str, Literal]]]
"""From a node's id to its outputs (``start-node``: the workflow's inputs)."""


Load = Callable[[Literal], Awaitable[Literal]]
"""From a literal that may be offloaded to the literal itself."""


async def _not_loaded(literal: Literal) -> Literal:
    return literal


async def resolve(data: BindingData, lookup: Lookup, load: Load = _not_loaded) -> Literal:
    """Make the literal that a binding stands for.

    Args:
        data: the binding.
        lookup: gives the outputs of nodes.
        load: fetches what is offloaded, where a binding looks into it.

    Raises:
        InvalidWorkflow: a promise names an output, an attribute or an index that is not there.
    """
    literal = await _resolved(data, lookup, load)
    if data.HasField("union") and literal.scalar.WhichOneof("value") != "union":
        return Literal(scalar=Scalar(union=Union(value=literal, type=data.union.targetType)))
    return literal


async def _resolved(data: BindingData, lookup: Lookup, load: Load) -> Literal:
    match data.WhichOneof("value"):
        case "scalar":
            return Literal(scalar=data.scalar)
        case "promise":
            return await _promised(data.promise, lookup, load)
        case "collection":
            items = [await resolve(item, lookup, load) for item in data.collection.bindings]
            return Literal(collection=LiteralCollection(literals=items))
        case "map":
            entries = {key: await resolve(value, lookup, load) for key, value in data.map.bindings.items()}
            return Literal(map=LiteralMap(literals=entries))
        case "offloaded_metadata":
            return Literal(offloaded_metadata=data.offloaded_metadata)
        case _:
            return Literal(scalar=Scalar(none_type=Void()))


async def _promised(promise: OutputReference, lookup: Lookup, load: Load) -> Literal:
    outputs = await lookup(promise.node_id or START)
    if promise.var not in outputs:
        raise InvalidWorkflow(
            f"{_source(promise.node_id)} gave no value for {promise.var!r}; it gave {sorted(outputs) or 'nothing'}"
        )
    literal = outputs[promise.var]
    if promise.attr_path:
        literal = await load(literal)
    return attribute(literal, promise.attr_path, f"{promise.node_id or START}.{promise.var}")


def _source(node_id: str) -> str:
    return "the workflow's input" if node_id in ("", START) else f"node {node_id!r}"
