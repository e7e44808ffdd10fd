"""Plain data whose inner types are not declared: a bare ``dict``, and what is bare inside a record."""

from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, PackedHandler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, type_name
from livedeck.sdk.types.scalars import FloatHandler, IntHandler, StrHandler, unboxed

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_EXPECTED = "None, bool, int, float, str, bytes, or a list or dict of these"
_HINT = "declare a dataclass, or the types inside the dict, to carry more"

_int, _float, _str = IntHandler(int), FloatHandler(float), StrHandler(str)


def accept_plain(value: Any) -> Plain:
    """Return ``value`` with tuples as lists and subclasses as what they stand for.

    Raises:
        Mismatch: something in it is not plain.
    """
    value = unboxed(value)
    if value is None or isinstance(value, bool | bytes):
        return value
    if isinstance(value, int):
        return _int.accept(value)
    if isinstance(value, float):
        return _float.accept(value)
    if isinstance(value, str):
        return _str.accept(value)
    if isinstance(value, list | tuple):
        return [_inside(f"[{i}]", item) for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {_key(key): _inside(f"[{key!r}]", item) for key, item in value.items()}
    raise Mismatch(value, _EXPECTED, _HINT)


def _inside(step: str, value: Any) -> Plain:
    try:
        return accept_plain(value)
    except Mismatch as mismatch:
        raise mismatch.within(step) from None


def _key(key: Any) -> Plain:
    if isinstance(key, str | int | float | bool | None):
        return accept_plain(key)
    raise Mismatch(key, "a str, int, float, bool or None as the key of a dict")


class DictHandler(PackedHandler):
    """A ``dict`` with undeclared inside: MessagePack, as in flytekit."""

    tag = "Typed Dict"

    def accept(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise self.mismatch(value)
        return accept_plain(value)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.accept(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self.accept(plain)

    def from_json(self, obj: Any) -> Any:
        return self.accept(obj)

    def to_json(self, value: Any) -> Any:
        return jsonable(self.accept(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def describe(self) -> str:
        return "JSON object"


class AnyHandler(PackedHandler):
    """Anything plain, inside a record: ``Any``, ``object``, or the items of a bare ``list``."""

    tag = "FlytePickle"

    def accept(self, value: Any) -> Any:
        return accept_plain(value)

    def literal_type(self) -> "wire.types.LiteralType":
        # Outside of a record Any is a pickle, and flytekit notes it so inside, too.
        literal_type = wire.types.LiteralType(blob=wire.types.BlobType(format="PythonPickle"))
        literal_type.metadata.update({"python_class_name": str(self.type)})
        return literal_type

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return accept_plain(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return plain

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return True

    def from_json(self, obj: Any) -> Any:
        return accept_plain(obj)

    def to_json(self, value: Any) -> Any:
        return jsonable(accept_plain(value))

    def schema(self) -> dict[str, Any]:
        return {}

    def describe(self) -> str:
        return "JSON"


def jsonable(plain: Plain) -> Any:
    """Return plain data as JSON has words for it: bytes as base64, keys as strings, NaN as protobuf writes it."""
    if isinstance(plain, float):
        return _float.to_json(plain)
    if isinstance(plain, bytes):
        import base64

        return base64.b64encode(plain).decode()
    if isinstance(plain, list):
        return [jsonable(item) for item in plain]
    if isinstance(plain, dict):
        return {key if isinstance(key, str) else type_name(key): jsonable(item) for key, item in plain.items()}
    return plain


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is ``dict`` without its inner types."""
    import typing

    return DictHandler(dict) if python_type is dict or python_type is typing.Dict else None  # noqa: UP006
