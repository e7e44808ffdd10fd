"""Whether a literal is of a type: what is checked before an execution starts."""

from collections.abc import Mapping
from typing import Final

from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.compiler.types import assignable, describe

_PRIMITIVES: Final[Mapping[SimpleType, str]] = {
    SimpleType.INTEGER: "integer",
    SimpleType.FLOAT: "float_value",
    SimpleType.STRING: "string_value",
    SimpleType.BOOLEAN: "boolean",
    SimpleType.DATETIME: "datetime",
    SimpleType.DURATION: "duration",
}
_TIMES: Final = frozenset({SimpleType.DATETIME, SimpleType.DURATION})
_SCALARS: Final[Mapping[SimpleType, frozenset[str]]] = {
    SimpleType.NONE: frozenset({"none_type"}),
    SimpleType.BINARY: frozenset({"binary"}),
    SimpleType.ERROR: frozenset({"error"}),
    # dataclasses and dicts: JSON in older SDKs, msgpack in newer ones
    SimpleType.STRUCT: frozenset({"generic", "binary"}),
}
_SHOWN: Final = 80
"""Characters of a value that a message quotes."""


def fits(literal: Literal, literal_type: LiteralType) -> bool:
    """Tell whether ``literal`` is a value of ``literal_type``."""
    if literal.WhichOneof("value") == "offloaded_metadata":
        return assignable(literal.offloaded_metadata.inferred_type, literal_type)
    match literal_type.WhichOneof("type"):
        case "union_type":
            return _fits_union(literal, literal_type)
        case "collection_type":
            items = literal.collection.literals
            return literal.HasField("collection") and all(fits(item, literal_type.collection_type) for item in items)
        case "map_value_type":
            values = literal.map.literals.values()
            return literal.HasField("map") and all(fits(value, literal_type.map_value_type) for value in values)
        case _:
            return literal.HasField("scalar") and _fits_scalar(literal.scalar, literal_type)


def show(literal: Literal) -> str:
    """Return a literal as a message quotes it: its value and what it is."""
    match literal.WhichOneof("value"):
        case "scalar":
            return _show_scalar(literal.scalar)
        case "collection":
            return f"a list of {len(literal.collection.literals)}"
        case "map":
            return f"a map of {len(literal.map.literals)}"
        case "offloaded_metadata":
            return f"the value at {literal.offloaded_metadata.uri}"
        case _:
            return "nothing"


def _fits_union(literal: Literal, union: LiteralType) -> bool:
    variants = union.union_type.variants
    if literal.scalar.WhichOneof("value") == "union":
        chosen = literal.scalar.union
        return fits(chosen.value, chosen.type) and any(assignable(chosen.type, variant) for variant in variants)
    return any(fits(literal, variant) for variant in variants)


def _fits_scalar(scalar: Scalar, literal_type: LiteralType) -> bool:
    kind = scalar.WhichOneof("value")
    match literal_type.WhichOneof("type"):
        case "simple" if literal_type.simple in _PRIMITIVES:
            return _fits_primitive(scalar.primitive, literal_type.simple)
        case "simple":
            return kind in _SCALARS.get(literal_type.simple, ())
        case "enum_type":
            values = list(literal_type.enum_type.values)
            return kind == "primitive" and scalar.primitive.string_value in values
        case "blob":
            return kind == "blob" and _fits_blob(scalar, literal_type)
        case "schema" | "structured_dataset_type":
            return kind in {"schema", "structured_dataset"}
        case _:
            return False


def _fits_primitive(primitive: Primitive, simple: SimpleType) -> bool:
    kind = _PRIMITIVES[simple]
    if primitive.WhichOneof("value") != kind:
        return False
    return simple not in _TIMES or _time_text(getattr(primitive, kind)) is not None


def _time_text(value: Timestamp | Duration) -> str | None:
    """Return a time or a duration as JSON writes it; None for one that is out of range."""
    try:
        return value.ToJsonString()
    except ValueError:
        return None


def _fits_blob(scalar: Scalar, literal_type: LiteralType) -> bool:
    return assignable(LiteralType(blob=scalar.blob.metadata.type), literal_type)


def _show_scalar(scalar: Scalar) -> str:
    match scalar.WhichOneof("value"):
        case "primitive":
            return _show_primitive(scalar.primitive)
        case "union":
            return show(scalar.union.value)
        case "none_type":
            return "None"
        case "blob":
            return f"a {describe(LiteralType(blob=scalar.blob.metadata.type))} at {scalar.blob.uri}"
        case kind:
            return f"a {kind} value"


def _show_primitive(primitive: Primitive) -> str:
    kind = primitive.WhichOneof("value")
    if kind is None:
        return "an empty primitive"
    value = getattr(primitive, kind)
    text = _time_text(value) or "a value out of range" if kind in {"datetime", "duration"} else repr(value)
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    names = {attribute: describe(LiteralType(simple=simple)) for simple, attribute in _PRIMITIVES.items()}
    return f"{short} ({names[kind]})"
