"""Promises: what a task "returns" while its workflow is being traced.

A promise can be given to another task, returned from the workflow, looked into (``p.field``, ``p["key"]``, ``p[0]``),
and compared, for a ``conditional``. Everything that would need the value itself says so instead of doing something
surprising.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Self

from livedeck.errors import InvalidWorkflow
from livedeck.sdk.assignability import bare
from livedeck.sdk.comparisons import Comparison, Operator, compared
from livedeck.sdk.nodes import CallResult, Constant, Node, Reference, Step
from livedeck.sdk.types import type_name
from livedeck.sdk.types.dicts import is_typed_dict, keys_of


class Promise(CallResult):
    """A value that will exist once its task has run."""

    __slots__ = ("_reference", "_type")

    def __init__(self, reference: Reference, python_type: Any) -> None:
        self._reference = reference
        self._type = python_type

    def _node_for(self, operation: str) -> Node:
        if self._reference.node is None:
            raise InvalidWorkflow(f"{operation} is for what a task returns, but {self!r} is an input of the workflow")
        return self._reference.node

    def __getattr__(self, name: str) -> "Promise":
        if name.startswith("_"):
            raise AttributeError(name)
        return self._into(name, _field_type(self._type, name))

    def __getitem__(self, key: Any) -> "Promise":
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise InvalidWorkflow(f"{self!r}[{key!r}]: only a text key or an index is known before the value is there")
        return self._into(key, _item_type(self._type, key))

    def _into(self, step: Step, python_type: Any) -> "Promise":
        if python_type is None:
            raise InvalidWorkflow(f"{self!r} has no {step!r}: it is of type {type_name(self._type)}")
        return Promise(dataclasses.replace(self._reference, path=(*self._reference.path, step)), python_type)

    # Comparisons, with flytekit's names: conditions for `conditional`.

    def is_(self, value: bool) -> Comparison:  # noqa: FBT001 - as in flytekit
        """Return the condition that this is ``value``."""
        return self._compared(Operator.EQ, value)

    def is_true(self) -> Comparison:
        """Return the condition that this is true."""
        return self.is_(True)

    def is_false(self) -> Comparison:
        """Return the condition that this is false."""
        return self.is_(False)

    def is_none(self) -> Comparison:
        """Return the condition that this is None."""
        return self._compared(Operator.EQ, None)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return self._compared(Operator.EQ, other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]
        return self._compared(Operator.NE, other)

    def __gt__(self, other: Any) -> Comparison:
        return self._compared(Operator.GT, other)

    def __ge__(self, other: Any) -> Comparison:
        return self._compared(Operator.GE, other)

    def __lt__(self, other: Any) -> Comparison:
        return self._compared(Operator.LT, other)

    def __le__(self, other: Any) -> Comparison:
        return self._compared(Operator.LE, other)

    def _compared(self, operator: Operator, other: Any) -> Comparison:
        if isinstance(other, Promise):
            return compared(self._reference, self._type, operator, other._reference, other._type)
        return compared(self._reference, self._type, operator, Constant(other, type(other)), type(other))

    def __repr__(self) -> str:
        return f"<promise of {self._reference}: {type_name(self._type)}>"

    __hash__ = object.__hash__


def _field_type(python_type: Any, name: str) -> Any:
    """Return the type of an attribute, ``Any`` if unknown, None if there is no such attribute."""
    python_type = bare(python_type)
    if dataclasses.is_dataclass(python_type) or hasattr(python_type, "model_fields"):
        return typing.get_type_hints(python_type, include_extras=True).get(name)
    return Any if python_type in (Any, dict) or typing.get_origin(python_type) is dict else None


def _item_type(python_type: Any, key: Step) -> Any:
    """Return the type of an item, ``Any`` if unknown, None if there is no such item."""
    python_type = bare(python_type)
    origin, members = typing.get_origin(python_type) or python_type, typing.get_args(python_type)
    if origin is list and isinstance(key, int):
        return members[0] if members else Any
    if origin is dict and isinstance(key, str):
        return members[1] if members else Any
    if python_type is Any:
        return Any
    if is_typed_dict(python_type):
        return keys_of(python_type).get(str(key))
    return _field_type(python_type, key) if isinstance(key, str) else None


_NEEDS_VALUE: Mapping[str, tuple[str, ...]] = {
    "used as a condition": ("bool",),
    "iterated over": ("iter", "len", "contains", "reversed"),
    "computed with": (
        *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod"),
        *("pow", "rpow", "matmul", "rmatmul", "neg", "pos", "abs", "invert", "round"),
        *("and", "rand", "or", "ror", "xor", "rxor", "lshift", "rlshift", "rrshift"),
    ),
    "converted": ("int", "float", "complex", "index", "bytes", "format"),
    "called": ("call",),
    "changed": ("setitem", "delitem"),
    "entered": ("enter", "aenter"),
    "awaited": ("await", "aiter"),
}
"""What cannot be done to a promise, in words, and the methods that would do it."""


_INSTEAD: Mapping[str, str] = {
    "used as a condition": ", or take one of several ways by it with `conditional`",
    "iterated over": ", or run a task for each item with `map_task` or in a `@dynamic` task",
}
"""What else does it, where something does."""


def _refusal(deed: str) -> Callable[..., NoReturn]:
    def refuse(self: Promise, *_: Any) -> NoReturn:
        raise InvalidWorkflow(
            f"{self!r} cannot be {deed}: while a workflow is read, its tasks have not run and there is no value. "
            f"Do this inside a task, and give it the promise as an input{_INSTEAD.get(deed, '')}"
        )

    return refuse


for _deed, _methods in _NEEDS_VALUE.items():
    for _method in _methods:
        setattr(Promise, f"__{_method}__", _refusal(_deed))


class Outputs(tuple[Promise, ...], CallResult):  # noqa: SLOT001 - a tuple subclass cannot have slots of its own
    """The promises of a task with several outputs: unpack them, or take them by name."""

    _names: tuple[str, ...]
    _maker: Node

    def __new__(cls, node: Node, types_by_name: Mapping[str, Any]) -> Self:
        """Make one promise per output of ``node``."""
        self = super().__new__(cls, (Promise(Reference(node, name), kind) for name, kind in types_by_name.items()))
        self._names = tuple(types_by_name)
        self._maker = node
        return self

    def __getattr__(self, name: str) -> Promise:
        if name in self._names:
            return self[self._names.index(name)]
        if name.startswith("_"):
            raise AttributeError(name)
        raise InvalidWorkflow(f"{self._maker} has no output {name!r}; its outputs are: {', '.join(self._names)}")

    def _node_for(self, operation: str) -> Node:
        return self._maker


def result_of(node: Node) -> Any:
    """Return what the call that made a node returns to the workflow."""
    interface = node.entity.interface
    if not interface.outputs:
        return node
    if interface.several:
        return Outputs(node, interface.outputs)
    name, python_type = next(iter(interface.outputs.items()))
    return Promise(Reference(node, name), python_type)


def promises_in(value: Any) -> Iterator[Promise]:
    """Yield the promises inside a value, however deep in lists and dicts."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from promises_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from promises_in(item)
