"""``list[T]``: a collection of literals."""

import operator
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import bulk, wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch
from livedeck.sdk.types.plain import AnyHandler

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


class ListHandler(Handler):
    """A list whose items have one type."""

    tag = "Typed List"

    def __init__(self, python_type: Any, item: Handler) -> None:
        super().__init__(python_type)
        self._item = item
        self._bare = python_type is list or python_type is typing.List  # noqa: UP006

    @property
    def parts(self) -> Sequence[Handler]:
        return () if self._bare else (self._item,)

    @property
    def refusal(self) -> str:
        return "it does not say what it holds: write list[int], or what the items are" if self._bare else ""

    @property
    def light(self) -> bool:
        return not self._bare and self._item.light

    def copy(self, value: list[Any]) -> list[Any]:
        if type(self._item).copy is Handler.copy:
            return value.copy()
        return [self._item.copy(item) for item in value]

    def accept(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.mismatch(value, "use list(...)" if isinstance(value, tuple | set | frozenset) else "")
        if type(value) is list and self._item.accepts_as_is(value):
            return value
        accepted = self._each(self._item.accept, value)
        # The list itself is returned unless an item had to be converted.
        return value if type(value) is list and all(map(operator.is_, accepted, value)) else accepted

    def _each(self, convert: Any, items: Sequence[Any], *arguments: Any) -> list[Any]:
        """Convert every item, naming the one that does not fit."""
        done: list[Any] = []
        try:
            done.extend(convert(item, *arguments) for item in items)
        except Mismatch as mismatch:
            raise mismatch.within(f"[{len(done)}]") from None
        return done

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(collection_type=self._item.literal_type())

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        literal = wire.literals.Literal()
        self.encode_into(literal, value, data)
        return literal

    def encode_into(self, literal: "wire.literals.Literal", value: Any, data: "DataPlane") -> None:
        literal.collection.SetInParent()  # also if there are none
        pieces = self._item.in_bulk(value) if isinstance(value, list) and len(value) >= bulk.LEAST else None
        if pieces is not None:
            for piece in pieces:
                literal.collection.MergeFromString(piece)
            return
        literals, encode_into = literal.collection.literals, self._item.encode_into
        try:
            for item in value:
                encode_into(literals.add(), item, data)
        except Mismatch as mismatch:
            raise mismatch.within(f"[{len(literals) - 1}]") from None

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> list[Any]:
        if not literal.HasField("collection"):
            raise self.wrong_literal(literal)
        done: list[Any] = []
        try:
            done.extend(self._item.decode_each(literal.collection.literals, data))
        except Mismatch as mismatch:
            raise mismatch.within(f"[{len(done)}]") from None
        return done

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self._each(self._item.pack, self._list(value), data)

    def unpack(self, plain: Plain, data: "DataPlane") -> list[Any]:
        return self._each(self._item.unpack, self._list(plain), data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, list) and all(self._item.writes(item, data) for item in plain)

    def from_json(self, obj: Any) -> list[Any]:
        return self._each(self._item.from_json, self._list(obj))

    def to_json(self, value: Any) -> list[Any]:
        return self._each(self._item.to_json, self._list(value))

    def _list(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.mismatch(value)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "array"} if self._bare else {"type": "array", "items": self._item.schema()}

    def describe(self) -> str:
        return "JSON list" if self._bare else f"JSON list of {self._item.describe()}"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a list."""
    if python_type is list or python_type is typing.List:  # noqa: UP006
        return ListHandler(list, AnyHandler(Any))
    if typing.get_origin(python_type) is list:
        return ListHandler(python_type, resolve(typing.get_args(python_type)[0]))
    return None
