"""The last resort: whatever has no form of its own travels as a pickle, and a warning says so once per type."""

import typing
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.blobs import blob, blob_type
from livedeck.sdk.types.handler import Handler, PickleWarning, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, shorten, type_name
from livedeck.sdk.types.plain import accept_plain, jsonable
from livedeck.sdk.types.type_warnings import warn

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_FORMAT = "PythonPickle"


class FlytePickle:
    """``FlytePickle[T]``, flytekit's word for values that travel as a pickle: here that is ``T`` itself, or ``Any``."""

    def __class_getitem__(cls, python_type: Any) -> Any:
        return python_type


class PickleHandler(Handler):
    """Anything that cloudpickle takes."""

    tag = "FlytePickle"

    def accept(self, value: Any) -> Any:
        origin = typing.get_origin(self.type) or self.type
        if self.type is not Any and not isinstance(value, origin):
            raise self.mismatch(value)
        return value

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = wire.types.LiteralType(blob=blob_type(_FORMAT))
        literal_type.metadata.update({"python_class_name": str(self.type)})
        return literal_type

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return blob(self._upload(value, data), blob_type(_FORMAT))

    def _upload(self, value: Any, data: "DataPlane") -> str:
        import hashlib

        import cloudpickle  # type: ignore[import-untyped]

        try:
            pickled = cloudpickle.dumps(value)
        except RecursionError:
            raise
        except Exception as error:  # a __reduce__ may raise anything
            raise self.mismatch(value, f"it cannot be pickled: {error}") from error
        return data.put_bytes(pickled, hashlib.md5(pickled, usedforsecurity=False).hexdigest())

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        if not literal.scalar.HasField("blob"):
            raise self.wrong_literal(literal)
        return self._load(literal.scalar.blob.uri, data)

    def _load(self, uri: str, data: "DataPlane") -> Any:
        # Unpickling runs what the pickle says: it is read only from where this workflow's own tasks wrote.
        import cloudpickle

        pickled = data.get_bytes(uri)
        try:
            return cloudpickle.loads(pickled)
        except Exception as error:
            raise self.mismatch(uri, f"it cannot be unpickled here: {type(error).__name__}: {error}") from error

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {"pickle_file": self._upload(self.accept(value), data)}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if isinstance(plain, dict) and isinstance(plain.get("pickle_file"), str):
            return self._load(plain["pickle_file"], data)
        if self.type is Any:  # the value of a record's attribute, say
            return plain
        raise self.mismatch(plain)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, dict) and plain.keys() == {"pickle_file"}

    def from_json(self, obj: Any) -> Any:
        if self.type is Any:
            return obj
        raise self.mismatch(obj, "such a value cannot be written as JSON: let a task make it")

    def to_json(self, value: Any) -> Any:
        accepted = self.accept(value)
        try:
            return jsonable(accept_plain(accepted))
        except Mismatch:
            return shorten(accepted)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"pickle_file": {"type": "string"}}, "additionalProperties": False}

    def describe(self) -> str:
        return f"{type_name(self.type)}, which cannot be given here"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if values of the type can be pickled at all."""
    if python_type is FlytePickle:
        return PickleHandler(Any)
    origin = typing.get_origin(python_type) or python_type
    if isinstance(origin, type) and issubclass(origin, tuple):
        raise UnsupportedType(
            f"{type_name(python_type)}: Flyte has no tuples: use a list or a dataclass"
            " (several outputs of a task are declared as a tuple or NamedTuple of their own)"
        )
    if getattr(origin, "_is_protocol", False) and not getattr(origin, "_is_runtime_protocol", False):
        raise UnsupportedType(
            f"{type_name(python_type)}: no value can be checked against it: put @runtime_checkable on the Protocol"
        )
    if python_type is not Any and (not isinstance(origin, type) or python_type is type):
        return None
    warn(
        f"{type_name(python_type)} has no form of its own and travels as a pickle: only the same versions of Python"
        " and of its library can read it, and consoles cannot show it",
        PickleWarning,
    )
    return PickleHandler(python_type)
