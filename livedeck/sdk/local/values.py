"""Values between the tasks of a local run: as on a server, no task can change what another one is given."""

from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.convert import from_literal, to_literal
from livedeck.sdk.types.registry import handler_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from livedeck.sdk.types.dataplane import DataPlane
    from livedeck.sdk.types.mismatches import Location


class LocalValue:
    """A value that left one task and is given to others.

    It is kept as its literal, as in the store of a server; of a light type, such as ``list[int]``, as a copy, for which
    no protobuf has to be loaded.
    """

    __slots__ = ("_copy", "_data", "_literal", "_type")

    def __init__(
        self,
        python_type: Any,
        data: "DataPlane",
        *,
        literal: "wire.literals.Literal | None" = None,
        copy: Any = None,
    ) -> None:
        self._type = python_type
        self._data = data
        self._literal = literal
        self._copy = copy

    @classmethod
    def of(cls, value: Any, python_type: Any, data: "DataPlane", location: "Location") -> "LocalValue":
        """Take a value, which was accepted as one of ``python_type``.

        Raises:
            TypeMismatch: it cannot be written down.
            StoreError: what does not go into a literal could not be stored.
        """
        handler = handler_for(python_type)
        if handler.light:
            return cls(python_type, data, copy=handler.copy(value))
        return cls(python_type, data, literal=to_literal(value, python_type, data, location))

    @classmethod
    def in_list(cls, items: "Sequence[LocalValue]", data: "DataPlane") -> "LocalValue":
        """Return the list of values that were each made by another task."""
        literals = wire.literals.LiteralCollection(literals=[item.literal for item in items])
        return cls(None, data, literal=wire.literals.Literal(collection=literals))

    @classmethod
    def in_dict(cls, members: "Mapping[str, LocalValue]", data: "DataPlane") -> "LocalValue":
        """Return the dict of values that were each made by another task."""
        entries = {key: member.literal for key, member in members.items()}
        literal = wire.literals.Literal(map=wire.literals.LiteralMap(literals=entries))
        wire.order.note_order(literal, list(entries))
        return cls(None, data, literal=literal)

    def members(self, python_type: Any) -> "list[LocalValue]":
        """Return the members of a list, each a value of ``python_type`` that can be given to another task."""
        if self._literal is None:
            return [LocalValue(python_type, self._data, copy=each) for each in self._copy]
        return [LocalValue(None, self._data, literal=each) for each in self._literal.collection.literals]

    @property
    def literal(self) -> "wire.literals.Literal":
        """The value as a literal."""
        if self._literal is None:
            self._literal = to_literal(self._copy, self._type, self._data)
        return self._literal

    def inside(self, path: "Sequence[str | int]", name: str) -> "LocalValue":
        """Return what is found inside the value.

        Raises:
            InvalidWorkflow: there is nothing at one of the steps.
        """
        from livedeck.literals.attributes import attribute

        return LocalValue(None, self._data, literal=attribute(self.literal, [_attribute(step) for step in path], name))

    def given(self, python_type: Any, location: "Location") -> Any:
        """Return the value for a task that declares ``python_type``: one of its own each time.

        Raises:
            TypeMismatch: it is of another type.
            StoreError: what was stored is gone.
        """
        if self._literal is None and handler_for(python_type).is_like(handler_for(self._type)):
            return handler_for(python_type).copy(self._copy)
        return from_literal(self.literal, python_type, self._data, location)


def _attribute(step: "str | int") -> "wire.types.PromiseAttribute":
    if isinstance(step, str):
        return wire.types.PromiseAttribute(string_value=step)
    return wire.types.PromiseAttribute(int_value=step)
