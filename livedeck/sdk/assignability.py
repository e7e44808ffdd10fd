"""Whether values of one declared type are good for another: the check on a promise, which has no value yet.

As strict as Flyte's own compiler: an ``int`` is not taken for a ``float`` from one task to the next, although a
constant is. Types that are written differently are compared by their literal types, so a pandas frame may go to a
task that takes a polars one.
"""

import types
import typing
from typing import TYPE_CHECKING, Annotated, Any

from livedeck.sdk.types import literal_type
from livedeck.sdk.types.dicts import is_typed_dict, keys_of

if TYPE_CHECKING:
    from flyteidl.core.types_pb2 import LiteralType


PICKLED = "PythonPickle"
"""Format of a blob that is a pickle, flytekit's word."""


def bare(python_type: Any) -> Any:
    """Return a type without ``Annotated`` and ``NewType``."""
    while True:
        if typing.get_origin(python_type) is Annotated:
            python_type = typing.get_args(python_type)[0]
        elif isinstance(python_type, typing.NewType):
            python_type = python_type.__supertype__
        else:
            return type(None) if python_type is None else python_type


def variants(python_type: Any) -> tuple[Any, ...]:
    """Return the types in a union, or the type alone."""
    python_type = bare(python_type)
    if typing.get_origin(python_type) in (typing.Union, types.UnionType):
        return tuple(inner for each in typing.get_args(python_type) for inner in variants(each))
    return (python_type,)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two types are one, however they are written: ``List[int]`` is ``list[int]``."""
    one, other = bare(one), bare(other)
    if one == other:
        return True
    ones, others = variants(one), variants(other)
    if len(ones) > 1 or len(others) > 1:
        return len(ones) == len(others) and all(any(is_same(each, like) for like in others) for each in ones)
    origin = typing.get_origin(one)
    if origin not in (list, dict) or origin is not typing.get_origin(other):
        return False
    return all(is_same(mine, theirs) for mine, theirs in zip(typing.get_args(one), typing.get_args(other), strict=True))


def is_assignable(source: Any, target: Any) -> bool:
    """Return whether every value of ``source`` may be given where ``target`` is declared.

    ``Any`` on either side always fits: it is checked when the value is there.
    """
    source, target = bare(source), bare(target)
    if source is target or source is Any or target is Any:
        return True
    sources, targets = variants(source), variants(target)
    if len(sources) > 1 or len(targets) > 1:
        return all(any(is_assignable(one, other) for other in targets) for one in sources)
    return _is_container_assignable(source, target)


def _is_container_assignable(source: Any, target: Any) -> bool:
    origin = typing.get_origin(source) or source
    if origin in (list, dict) and origin is (typing.get_origin(target) or target):
        mine, theirs = typing.get_args(source), typing.get_args(target)
        if mine and theirs:
            return all(is_assignable(one, other) for one, other in zip(mine, theirs, strict=True))
        return True
    if is_typed_dict(source) and is_typed_dict(target):
        return _are_keys_assignable(source, target)
    return (
        source == target
        or _is_pickled_subclass(source, target)
        or _same_literals(literal_type(source), literal_type(target))
    )


def _are_keys_assignable(source: Any, target: Any) -> bool:
    """Return whether every dict of one ``TypedDict`` has the keys of another: it may have more, which are left out."""
    have, want = keys_of(source), keys_of(target)
    return (
        want.keys() <= have.keys()
        and target.__required_keys__ <= source.__required_keys__
        and all(is_assignable(have[name], kind) for name, kind in want.items())
    )


def _is_pickled_subclass(source: Any, target: Any) -> bool:
    try:
        if not (isinstance(source, type) and isinstance(target, type) and issubclass(source, target)):
            return False
    except TypeError:  # a type that classes cannot be compared with: a TypedDict, a Protocol
        return False
    return all(literal_type(each).blob.format == PICKLED for each in (source, target))


def _same_literals(source: "LiteralType", target: "LiteralType") -> bool:
    """Return whether two literal types hold the same kind of thing, whatever their metadata says."""
    kind: str | None = source.WhichOneof("type")
    if kind != target.WhichOneof("type"):
        return False
    if kind == "simple":
        from flyteidl.core.types_pb2 import SimpleType

        # Two dataclasses are both a STRUCT and still not each other.
        return bool(source.simple == target.simple != SimpleType.STRUCT)
    if kind == "enum_type":
        return bool(source.enum_type.values == target.enum_type.values)
    if kind == "blob":
        # Two classes that are pickled are both a blob and still not each other.
        pickled = PICKLED in (source.blob.format, target.blob.format)
        return bool(source.blob.dimensionality == target.blob.dimensionality) and not pickled
    return kind == "structured_dataset_type"
