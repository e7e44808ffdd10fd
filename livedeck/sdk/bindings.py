"""Binding a value to an input: a constant, a promise, or a list or dict with promises in it."""

import typing
from typing import Any

from livedeck.errors import InvalidWorkflow, TypeMismatch
from livedeck.sdk.assignability import is_assignable, variants
from livedeck.sdk.nodes import Binding, Constant, DictOf, ListOf, Node, Reference
from livedeck.sdk.promises import Outputs, Promise, promises_in
from livedeck.sdk.types import Location, accept, type_name


def bind(value: Any, python_type: Any, location: Location) -> Binding:
    """Bind a value or promise to an input of a type.

    Raises:
        TypeMismatch: it does not fit.
        InvalidWorkflow: it is no value at all.
    """
    if isinstance(value, Promise):
        return _bind_promise(value, python_type, location)
    if isinstance(value, Outputs):
        raise InvalidWorkflow(
            f"{location} was given all outputs of a task; give one of them: {', '.join(value._names)}"
        )
    if isinstance(value, Node):
        raise InvalidWorkflow(f"{location} was given {value}, which has no output: {value.entity.without_output}")
    if next(promises_in(value), None) is None:
        return Constant(accept(value, python_type, location), python_type)
    return _bind_container(value, python_type, location)


def _bind_promise(promise: Promise, python_type: Any, location: Location) -> Reference:
    reference, source = promise._reference, promise._type
    if not is_assignable(source, python_type):
        raise TypeMismatch(
            f"{location} must be {type_name(python_type)}, but {reference} is {type_name(source)}: "
            "convert it in a task, or change one of the annotations"
        )
    return reference


def _bind_container(value: Any, python_type: Any, location: Location) -> Binding:
    for variant in variants(python_type):
        origin, members = typing.get_origin(variant) or variant, typing.get_args(variant)
        if origin is list and isinstance(value, list):
            member = members[0] if members else Any
            return ListOf(tuple(bind(item, member, _inside(location, index)) for index, item in enumerate(value)))
        if origin is dict and isinstance(value, dict):
            member = members[1] if members else Any
            return DictOf(
                {_key(key, location): bind(item, member, _inside(location, key)) for key, item in value.items()}
            )
    promise = next(promises_in(value))
    raise InvalidWorkflow(
        f"{location} is {type_name(python_type)} and was given {promise!r} inside a {type_name(type(value))}: "
        "promises may be inside lists and dicts only, where such are declared"
    )


def _inside(location: Location, step: Any) -> Location:
    return Location(location.task, f"{location.parameter}[{step!r}]", location.role)


def _key(key: Any, location: Location) -> str:
    if not isinstance(key, str):
        raise TypeMismatch(f"{location} has the key {key!r}: with promises among the values, keys must be text")
    return key
