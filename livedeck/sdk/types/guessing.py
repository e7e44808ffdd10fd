"""Types where none was declared: of JSON, and of what another program registered; and literals as JSON."""

import typing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Union

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.files import Directory, File
from livedeck.sdk.types.plain import jsonable
from livedeck.sdk.types.registry import handler_for
from livedeck.sdk.types.unions import without_names

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal, Scalar
    from flyteidl.core.types_pb2 import LiteralType

_SIMPLE = {
    "NONE": type(None),
    "INTEGER": int,
    "FLOAT": float,
    "STRING": str,
    "BOOLEAN": bool,
    "DATETIME": datetime,
    "DURATION": timedelta,
    "STRUCT": dict,
}


def guess(obj: Any) -> Any:
    """Return a type for parsed JSON whose values are written just so.

    Objects are ``dict``; a list whose items are of several types is a list of a union.
    """
    if not isinstance(obj, list):
        return type(obj)
    kinds = list(dict.fromkeys(guess(item) for item in obj)) or [type(None)]
    return list[Union[tuple(kinds)]]  # type: ignore[misc]  # noqa: UP007 - made at run time


def guess_type(literal_type: "LiteralType") -> Any:
    """Return a Python type whose values can be given where another program declared ``literal_type``.

    Raises:
        UnsupportedType: only that program's own types will do (pickles), or a library's (frames).
    """
    kind = literal_type.WhichOneof("type")
    match kind:
        case "simple" if (name := wire.types.SimpleType.Name(literal_type.simple)) in _SIMPLE:
            return _SIMPLE[name]
        case "collection_type":
            return list[guess_type(literal_type.collection_type)]  # type: ignore[misc]
        case "map_value_type":
            return dict[str, guess_type(literal_type.map_value_type)]  # type: ignore[misc]
        case "union_type":
            return Union[tuple(guess_type(variant) for variant in literal_type.union_type.variants)]  # noqa: UP007
        case "enum_type":
            return typing.Literal[tuple(literal_type.enum_type.values)]
        case "blob" if literal_type.blob.format not in {"PythonPickle", "NumpyArray"}:
            single = literal_type.blob.dimensionality == wire.types.BlobType.SINGLE
            stored: Any = File if single else Directory
            return stored[literal_type.blob.format] if literal_type.blob.format else stored
    raise UnsupportedType(f"a value of Flyte's type {kind} can only be made by the program that declared it")


def literal_to_json(literal: "Literal") -> Any:
    """Return a literal as data that ``json.dumps`` takes, for people to read; what was uploaded as its URI."""
    match literal.WhichOneof("value"):
        case "collection":
            return [literal_to_json(item) for item in literal.collection.literals]
        case "map":
            return {name: literal_to_json(item) for name, item in wire.order.entries_of(literal).items()}
        case "scalar":
            return _scalar_to_json(literal.scalar)
        case "offloaded_metadata":
            return literal.offloaded_metadata.uri
    return None


def _scalar_to_json(scalar: "Scalar") -> Any:
    found, plain = wire.plain_of(wire.literals.Literal(scalar=scalar))
    if found:
        return jsonable(without_names(plain))
    kind = scalar.WhichOneof("value")
    inner: Any = getattr(scalar, kind) if kind else None
    match kind:
        case "primitive":
            return _primitive_to_json(scalar)
        case "union":
            return literal_to_json(inner.value)
        case "blob" | "structured_dataset" | "schema":
            return inner.uri
        case "error":
            return inner.message
    return jsonable(inner.value) if kind == "binary" else None


def _primitive_to_json(scalar: "Scalar") -> Any:
    primitive = scalar.primitive
    match primitive.WhichOneof("value"):
        case "datetime":
            return primitive.datetime.ToDatetime(UTC).isoformat()
        case "duration":
            return handler_for(timedelta).to_json(primitive.duration.ToTimedelta())
        case "float_value":
            return jsonable(primitive.float_value)
        case None:
            return None
        case kind:
            return getattr(primitive, kind)
