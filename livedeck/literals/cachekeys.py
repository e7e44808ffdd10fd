"""The key under which a task's outputs are remembered: the same task, cache version, interface and inputs."""

import hashlib
from collections.abc import Collection, Mapping

from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap, Scalar, Union
from flyteidl.core.tasks_pb2 import TaskTemplate

from livedeck.literals.order import KEY_ORDER

_FORMAT = "livedeck-cache-1"
"""Part of every key: to be raised when keys are made another way."""


_TASKS = frozenset({ResourceType.UNSPECIFIED, ResourceType.TASK})


def cache_key(template: TaskTemplate, version: str, inputs: Mapping[str, Literal]) -> str:
    """Make the key of a task run on these inputs.

    A sub-workflow or a launch plan is described as a task is; what it is called counts as of its own kind.

    Args:
        template: the task's; its name, its interface, and which inputs make no difference.
        version: the cache version.
        inputs: by name.

    The task's own version is left out: a new version of the code with the same cache version is the same task, as in
    Flyte. Where a literal carries a hash of its own (Flyte's ``HashMethod``), it stands for the value.
    """
    ignored = set(template.metadata.cache_ignore_input_vars)
    name = template.id
    parts = [
        _FORMAT.encode(),
        *(text.encode() for text in (name.project, name.domain, name.name, version)),
        *([] if name.resource_type in _TASKS else [str(name.resource_type).encode()]),
        _interface(template.interface, ignored),
        _inputs(inputs, ignored),
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _interface(interface: TypedInterface, ignored: Collection[str]) -> bytes:
    """Return the names and types as bytes, without the descriptions, which may change freely."""
    plain = TypedInterface(inputs=_undescribed(interface.inputs, ignored), outputs=_undescribed(interface.outputs, ()))
    return plain.SerializeToString(deterministic=True)


def _undescribed(variables: VariableMap, ignored: Collection[str]) -> VariableMap:
    plain = VariableMap()
    for name, variable in variables.variables.items():
        if name not in ignored:
            plain.variables[name].type.CopyFrom(variable.type)
    return plain


def _inputs(inputs: Mapping[str, Literal], ignored: Collection[str]) -> bytes:
    kept = {name: _canonical(literal) for name, literal in inputs.items() if name not in ignored}
    return LiteralMap(literals=kept).SerializeToString(deterministic=True)


def _canonical(literal: Literal) -> Literal:
    if literal.hash:
        return Literal(hash=literal.hash)
    match literal.WhichOneof("value"):
        case "collection":
            items = [_canonical(item) for item in literal.collection.literals]
            return Literal(collection=LiteralCollection(literals=items))
        case "map":
            entries = {key: _canonical(value) for key, value in literal.map.literals.items()}
            return Literal(map=LiteralMap(literals=entries), metadata=_order(literal))
        case "scalar" if literal.scalar.WhichOneof("value") == "union":
            union = literal.scalar.union
            return Literal(scalar=Scalar(union=Union(value=_canonical(union.value), type=union.type)))
        case "scalar":
            return Literal(scalar=literal.scalar)
        case _:
            return literal


def _order(literal: Literal) -> dict[str, str]:
    """Return the note of the keys' order, which a task may go by; any other metadata makes no difference."""
    return {KEY_ORDER: literal.metadata[KEY_ORDER]} if KEY_ORDER in literal.metadata else {}
