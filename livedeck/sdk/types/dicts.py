"""``dict[str, V]``: a map of literals. ``dict[K, V]`` with other keys: MessagePack, as in flytekit."""

import enum
import operator
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, PackedHandler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, shorten, type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_KEYS = (str, int, float, bool, date, datetime)


class _Dict(Handler):
    """What both kinds share: how entries are converted, and which one did not fit."""

    tag = "Typed Dict"

    def __init__(self, python_type: Any, key: Handler, value: Handler) -> None:
        super().__init__(python_type)
        self._key = key
        self._value = value

    @property
    def parts(self) -> Sequence[Handler]:
        return (self._key, self._value)

    def accept(self, value: Any) -> dict[Any, Any]:
        accepted = self._each(self._key.accept, self._value.accept, value)
        same = (
            type(value) is dict
            and all(map(operator.is_, accepted, value))
            and all(map(operator.is_, accepted.values(), value.values()))
        )
        return value if same else accepted

    def _each(self, key_of: Any, value_of: Any, entries: Any, *arguments: Any) -> dict[Any, Any]:
        """Convert every entry, naming the one that does not fit."""
        if not isinstance(entries, Mapping):
            raise self.mismatch(entries)
        if not isinstance(entries, dict) and type(entries).__module__.partition(".")[0] != "google":
            raise self.mismatch(entries, "use dict(...)")
        done: dict[Any, Any] = {}
        for key, value in entries.items():
            try:
                converted = key_of(key, *arguments)
            except Mismatch as mismatch:
                raise mismatch.within(" key") from None
            if converted in done:
                raise self.mismatch(
                    entries, f"two of its keys are the same as {type_name(self._key.type)}: {shorten(key)}"
                )
            try:
                done[converted] = value_of(value, *arguments)
            except Mismatch as mismatch:
                raise mismatch.within(f"[{shorten(key)}]") from None
        return done

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self._each(self._key.pack, self._value.pack, value, data)

    def unpack(self, plain: Plain, data: "DataPlane") -> dict[Any, Any]:
        return self._each(self._unpack_key, self._value.unpack, plain, data)

    def _unpack_key(self, plain: Plain, data: "DataPlane") -> Any:
        # protobuf's Struct has only string keys.
        return self._key_of_text(plain) if isinstance(plain, str) else self._key.unpack(plain, data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and all(
            self._key.writes(key, data) and self._value.writes(value, data) for key, value in plain.items()
        )

    def from_json(self, obj: Any) -> dict[Any, Any]:
        return self._each(self._key_of_text, self._value.from_json, obj)

    def _key_of_text(self, text: Any) -> Any:
        """Return the key that a JSON object's key stands for."""
        if self._key.type not in (int, float, bool):
            return self._key.from_json(text)
        import json

        try:
            return self._key.from_json(json.loads(text))
        except ValueError:
            return self._key.from_json(text)

    def to_json(self, value: Any) -> dict[str, Any]:
        return self._each(self._text_of_key, self._value.to_json, value)

    def _text_of_key(self, key: Any) -> str:
        import json

        obj = self._key.to_json(key)
        return obj if isinstance(obj, str) else json.dumps(obj)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self._value.schema(), "propertyNames": self._key.schema()}

    def describe(self) -> str:
        return f"JSON object of {self._value.describe()}"


class MapHandler(_Dict):
    """A dict whose keys are strings."""

    @property
    def light(self) -> bool:
        return self._value.light

    def copy(self, value: dict[str, Any]) -> dict[str, Any]:
        return {key: self._value.copy(inner) for key, inner in value.items()}

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(map_value_type=self._value.literal_type())

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        literal = wire.literals.Literal()
        self.encode_into(literal, value, data)
        return literal

    def encode_into(self, literal: "wire.literals.Literal", value: Any, data: "DataPlane") -> None:
        literal.map.SetInParent()  # also if there are none
        literals = literal.map.literals
        for key, inner in value.items():
            try:
                self._value.encode_into(literals[key], inner, data)
            except Mismatch as mismatch:
                raise mismatch.within(f"[{shorten(key)}]") from None
        wire.order.note_order(literal, list(value))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> dict[Any, Any]:
        if not literal.HasField("map"):
            raise self.wrong_literal(literal)
        return self._each(lambda key, _: key, self._value.decode, wire.order.entries_of(literal), data)


class KeyedHandler(_Dict, PackedHandler):
    """A dict with keys of another type."""


_QUALIFIERS = {"Required", "NotRequired", "ReadOnly"}
"""By name: ``typing`` and ``typing_extensions`` each have their own."""


def unqualified(hint: Any) -> Any:
    """Return the type of a ``TypedDict``'s key without what says whether the key must be there."""
    while getattr(typing.get_origin(hint), "_name", "") in _QUALIFIERS:
        hint = typing.get_args(hint)[0]
    return hint


def keys_of(typed_dict: Any) -> dict[str, Any]:
    """Return the keys of a ``TypedDict`` with their types."""
    return {name: unqualified(hint) for name, hint in typing.get_type_hints(typed_dict, include_extras=True).items()}


def is_typed_dict(python_type: Any) -> bool:
    """Return whether a type is a ``TypedDict``, of ``typing`` or of ``typing_extensions``."""
    return isinstance(python_type, type) and issubclass(python_type, dict) and hasattr(python_type, "__required_keys__")


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a dict with its types declared."""
    if typing.get_origin(python_type) is not dict:
        return None
    key_type, value_type = typing.get_args(python_type)
    if key_type is str:
        return MapHandler(python_type, resolve(str), resolve(value_type))
    if key_type in _KEYS or (isinstance(key_type, type) and issubclass(key_type, enum.Enum)):
        return KeyedHandler(python_type, resolve(key_type), resolve(value_type))
    raise UnsupportedType(
        f"{type_name(python_type)}: the keys of a dict can be str, int, float, bool, date, datetime or an Enum"
    )
