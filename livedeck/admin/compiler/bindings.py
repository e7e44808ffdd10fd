"""Checks what is bound to the inputs of nodes: that it exists, and that its type fits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flyteidl.core.interface_pb2 import Variable
from flyteidl.core.literals_pb2 import Binding, BindingData, Literal
from flyteidl.core.types_pb2 import LiteralType, OutputReference, SimpleType

from livedeck.admin.compiler.literals import fits, show
from livedeck.admin.compiler.nodes import START, UNKNOWN
from livedeck.admin.compiler.types import assignable, describe
from livedeck.errors import InvalidRequest


@dataclass(frozen=True)
class Scope:
    """What a binding may refer to."""

    workflow: str
    """Name of the workflow, for messages."""
    outputs: Mapping[str, Mapping[str, Variable]]
    """Node id to what the node gives; the workflow's own inputs under `START`."""


def promises(data: BindingData) -> Iterator[OutputReference]:
    """Yield every reference to another node's output."""
    match data.WhichOneof("value"):
        case "promise":
            yield data.promise
        case "collection":
            for item in data.collection.bindings:
                yield from promises(item)
        case "map":
            for item in data.map.bindings.values():
                yield from promises(item)
        case _:
            return


def source_of(reference: OutputReference) -> str:
    """Return the id of the node that a promise waits for."""
    return reference.node_id or START


def check_bindings(
    where: str,
    bindings: Sequence[Binding],
    asked: Mapping[str, Variable],
    scope: Scope,
    *,
    optional: Iterable[str] = (),
) -> None:
    """Check that each declared variable is bound once, to something of its type.

    Args:
        where: What the bindings belong to, for messages: ``node 'n0'``.
        bindings: The bindings.
        asked: The declared variables.
        scope: What promises may refer to.
        optional: Variables that may stay unbound.

    Raises:
        InvalidRequest: One is missing, unknown, bound twice, refers to nothing or is of another type.
    """
    bound: set[str] = set()
    for binding in bindings:
        name = binding.var
        if name not in asked:
            raise InvalidRequest(f"{_at(where, scope)} binds {name!r}, which it does not have{_known(asked)}")
        if name in bound:
            raise InvalidRequest(f"{_at(where, scope)} binds {name!r} twice")
        bound.add(name)
        _check_data(f"{_at(where, scope)}: {name!r}", binding.binding, asked[name].type, scope)
    missing = sorted(asked.keys() - bound - set(optional))
    if missing:
        raise InvalidRequest(f"{_at(where, scope)} leaves {', '.join(map(repr, missing))} unbound")


def resolve(where: str, reference: OutputReference, scope: Scope) -> LiteralType | None:
    """Return the type of what a promise stands for; None when only the value will tell (inside a dataclass).

    Raises:
        InvalidRequest: There is no such node or output.
    """
    source = source_of(reference)
    if source not in scope.outputs:
        raise InvalidRequest(f"{where} waits for node {source!r}, which does not exist")
    outputs = scope.outputs[source]
    if reference.var not in outputs:
        owner = "the workflow has no input" if source == START else f"node {source!r} has no output"
        raise InvalidRequest(f"{where}: {owner} {reference.var!r}{_known(outputs)}")
    found = outputs[reference.var].type
    if found == UNKNOWN:
        return None
    for attribute in reference.attr_path:
        match found.WhichOneof("type"):
            case "collection_type" if attribute.WhichOneof("value") == "int_value":
                found = found.collection_type
            case "map_value_type" if attribute.WhichOneof("value") == "string_value":
                found = found.map_value_type
            case "simple" if found.simple in {SimpleType.STRUCT, SimpleType.BINARY}:
                return None
            case _:
                raise InvalidRequest(
                    f"{where}: {reference.var!r} is {describe(found)}, which has no parts to pick from"
                )
    return found


def _check_data(where: str, data: BindingData, asked: LiteralType, scope: Scope) -> None:
    match data.WhichOneof("value"):
        case "promise":
            given = resolve(where, data.promise, scope)
            if given is not None and not assignable(given, asked):
                origin = f"{source_of(data.promise)}.{data.promise.var}"
                raise InvalidRequest(f"{where} is {describe(asked)}, but {origin} is {describe(given)}")
        case "scalar":
            literal = Literal(scalar=data.scalar)
            if not fits(literal, asked):
                raise InvalidRequest(f"{where} is {describe(asked)}, but is given {show(literal)}")
        case "collection":
            _check_items(where, data.collection.bindings, asked, scope, kind="collection_type")
        case "map":
            _check_items(where, data.map.bindings.values(), asked, scope, kind="map_value_type")
        case "offloaded_metadata":
            if not assignable(data.offloaded_metadata.inferred_type, asked):
                raise InvalidRequest(f"{where} is {describe(asked)}, but is given {data.offloaded_metadata.uri}")
        case _:
            raise InvalidRequest(f"{where} is bound to nothing")


def _check_items(where: str, items: Iterable[BindingData], asked: LiteralType, scope: Scope, *, kind: str) -> None:
    """A list or map of bindings; against a union, some variant has to take all items."""
    candidates = [variant for variant in _variants(asked) if variant.WhichOneof("type") == kind]
    if not candidates:
        what = "a list" if kind == "collection_type" else "a map"
        raise InvalidRequest(f"{where} is {describe(asked)}, but is given {what}")
    items = list(items)
    for index, candidate in enumerate(candidates):
        item_type = candidate.collection_type if kind == "collection_type" else candidate.map_value_type
        try:
            for item in items:
                _check_data(where, item, item_type, scope)
        except InvalidRequest:
            if index == len(candidates) - 1:
                raise
        else:
            return


def _variants(asked: LiteralType) -> Sequence[LiteralType]:
    return asked.union_type.variants if asked.WhichOneof("type") == "union_type" else [asked]


def _at(where: str, scope: Scope) -> str:
    return f"workflow {scope.workflow!r}, {where}"


def _known(variables: Mapping[str, Variable]) -> str:
    return f" (it has {', '.join(map(repr, sorted(variables)))})" if variables else ""
