"""Whether what a record's literal holds is what the schema says that its type carries, as far as that is told plainly.

Types of dataclasses and models carry a JSON schema. It is looked at for what people write by hand, before something has
begun to rest on it. Of what a schema may say only types, fields, choices and members are looked at: all else fits.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.json_format import MessageToDict

_WHOLE: Final = "it"
"""What the whole value is called."""
_SHOWN: Final = 60
"""Characters of a value that are shown."""
_STEPS: Final = 20_000
"""Comparisons with a part of a schema: one whose parts refer to others may want billions, and then the value fits."""
_WORDS: Final = 500
"""Characters of what is said of a value."""
_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str | bytes),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


class _TooManySteps(Exception):
    """A value was not looked at to the end."""


@dataclass
class _Root:
    """A whole schema, and how many steps are left."""

    schema: Mapping[str, Any]
    left: int = _STEPS


def misfit(literal: Literal, literal_type: LiteralType) -> str:
    """Return in words what of a literal its type's schemas do not allow; empty if nothing is known to be wrong."""
    try:
        words = _of_literal(literal, literal_type, _WHOLE)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _TooManySteps):
        return ""  # who reads the value says what is wrong with it
    return words if len(words) <= _WORDS else f"{words[:_WORDS]} ..."


def _of_literal(literal: Literal, literal_type: LiteralType, place: str) -> str:
    match literal_type.WhichOneof("type"):
        case "simple" if literal_type.simple == SimpleType.STRUCT and literal_type.HasField("metadata"):
            schema = MessageToDict(literal_type.metadata)
            return _of_value(_held(literal), schema, _Root(schema), place)
        case "collection_type":
            members = enumerate(literal.collection.literals)
            return _first(_of_literal(each, literal_type.collection_type, f"{place}[{at}]") for at, each in members)
        case "map_value_type":
            entries = sorted(literal.map.literals.items())
            return _first(_of_literal(each, literal_type.map_value_type, f"{place}[{at!r}]") for at, each in entries)
        case "union_type":
            return _of_literal(literal.scalar.union.value, literal.scalar.union.type, place)
        case _:
            return ""


def _held(literal: Literal) -> Any:
    scalar = literal.scalar
    if scalar.WhichOneof("value") == "binary":
        return msgspec.msgpack.decode(scalar.binary.value)
    return MessageToDict(scalar.generic)


def _of_value(value: Any, schema: Any, root: _Root, place: str) -> str:
    if not isinstance(schema, dict):
        return ""
    root.left -= 1
    if root.left < 0:
        raise _TooManySteps
    if "$ref" in schema:
        return _of_value(value, _referred(str(schema["$ref"]), root.schema), root, place)
    return _itself(value, schema, root, place) or _inside(value, schema, root, place)


def _itself(value: Any, schema: Mapping[str, Any], root: _Root, place: str) -> str:
    choices = [each for name in ("anyOf", "oneOf") for each in schema.get(name, [])]
    if choices and all(wrong := [_of_value(value, each, root, place) for each in choices]):
        told = [words for words, each in zip(wrong, choices, strict=True) if _named(each) != "null"]
        named = " or ".join(map(_named, choices))
        return told[0] if len(told) == 1 else f"{place} must be {named}, not {_shown(value)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} must be one of {', '.join(map(repr, schema['enum']))}, not {_shown(value)}"
    kinds = schema.get("type", [])
    tests = [_IS.get(each, lambda _: True) for each in (kinds if isinstance(kinds, list) else [kinds])]
    if tests and "format" not in schema and not any(test(value) for test in tests):
        return f"{place} must be {_named(schema)}, not {_shown(value)}"
    return ""


def _inside(value: Any, schema: Mapping[str, Any], root: _Root, place: str) -> str:
    if isinstance(value, list):
        return _first(_of_value(each, schema.get("items"), root, f"{place}[{at}]") for at, each in enumerate(value))
    return _of_fields(value, schema, root, place) if isinstance(value, dict) else ""


def _of_fields(value: Mapping[Any, Any], schema: Mapping[str, Any], root: _Root, place: str) -> str:
    fields, others = schema.get("properties", {}), schema.get("additionalProperties")
    missing = [name for name in schema.get("required", []) if name not in value]
    if missing:
        return f"{place} lacks {', '.join(map(repr, missing))}"
    unknown = [name for name in value if name not in fields]
    if others is False and unknown:
        return f"{place} has no field {unknown[0]!r}, but {', '.join(map(repr, sorted(fields)))}"
    inside = "" if place == _WHOLE else f"{place}."
    return _first(_of_value(each, fields.get(name, others), root, f"{inside}{name}") for name, each in value.items())


def _first(found: Iterable[str]) -> str:
    return next(filter(None, found), "")


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    """What ``#/$defs/Name`` stands for; None, with which everything fits, if there is none."""
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _named(schema: Any) -> str:
    if isinstance(schema, dict) and "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kinds = schema.get("type", "another value") if isinstance(schema, dict) else "another value"
    return " or ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
