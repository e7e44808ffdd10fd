"""Which Flyte types there are, and which may be given where another is asked for: the rules of Flyte's compiler."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flyteidl.core.interface_pb2 import TypedInterface, Variable
from flyteidl.core.types_pb2 import LiteralType, SchemaType, SimpleType, StructuredDatasetType
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from livedeck.errors import InvalidRequest

_TABULAR: Final = frozenset({"schema", "structured_dataset_type"})


def describe(literal_type: LiteralType) -> str:  # noqa: PLR0911 - one for each kind of type
    """Return a type as people write it: ``integer``, ``list[string]``, ``union[integer, none]``."""
    match literal_type.WhichOneof("type"):
        case "simple":
            return _name(SimpleType, literal_type.simple)
        case "collection_type":
            return f"list[{describe(literal_type.collection_type)}]"
        case "map_value_type":
            return f"map[string, {describe(literal_type.map_value_type)}]"
        case "union_type":
            return f"union[{', '.join(describe(variant) for variant in literal_type.union_type.variants)}]"
        case "enum_type":
            return f"enum[{', '.join(literal_type.enum_type.values)}]"
        case "blob":
            return f"blob[{literal_type.blob.format or 'any format'}]"
        case "schema" | "structured_dataset_type":
            return "structured dataset"
        case _:
            return "nothing"


def check_interface(what: str, interface: TypedInterface) -> None:
    """Refuse types that this server does not know, since nothing could ever be given to them.

    Args:
        what: Whose interface, for the refusal: ``task p/d/train@v1``.
        interface: Inputs and outputs.

    Raises:
        InvalidRequest: A simple type's number is not in Flyte's enum.
    """
    sides: Mapping[str, Mapping[str, Variable]] = {
        "input": interface.inputs.variables,
        "output": interface.outputs.variables,
    }
    for side, variables in sides.items():
        for name, variable in variables.items():
            for inner in _inside(variable.type):
                if inner.simple not in SimpleType.values():
                    raise InvalidRequest(
                        f"{what}: {side} {name!r} is of simple type {inner.simple}, which this server does not know"
                    )


def _inside(literal_type: LiteralType) -> Iterator[LiteralType]:
    """Yield a type and every type that it is made of."""
    yield literal_type
    match literal_type.WhichOneof("type"):
        case "collection_type":
            yield from _inside(literal_type.collection_type)
        case "map_value_type":
            yield from _inside(literal_type.map_value_type)
        case "union_type":
            for variant in literal_type.union_type.variants:
                yield from _inside(variant)
        case "structured_dataset_type":
            for column in literal_type.structured_dataset_type.columns:
                yield from _inside(column.literal_type)
        case _:
            return


def assignable(given: LiteralType, asked: LiteralType) -> bool:
    """Tell whether a value of type ``given`` may be bound where ``asked`` is declared."""
    kind, wanted = given.WhichOneof("type"), asked.WhichOneof("type")
    if kind == "union_type":  # whichever variant it turns out to be must fit
        return all(assignable(variant, asked) for variant in given.union_type.variants)
    if wanted == "union_type":
        return any(assignable(given, variant) for variant in asked.union_type.variants)
    if kind in _TABULAR and wanted in _TABULAR:
        return _tabular(given, asked)
    if kind != wanted:
        return _enum_and_string(given, asked)
    return _same_kind(given, asked, str(kind))


def _same_kind(given: LiteralType, asked: LiteralType, kind: str) -> bool:
    match kind:
        case "simple":
            return given.simple == asked.simple
        case "collection_type":
            return _is_none(given.collection_type) or assignable(given.collection_type, asked.collection_type)
        case "map_value_type":
            return _is_none(given.map_value_type) or assignable(given.map_value_type, asked.map_value_type)
        case "enum_type":
            return set(given.enum_type.values) <= set(asked.enum_type.values)
        case "blob":
            return given.blob.dimensionality == asked.blob.dimensionality and _formats(
                given.blob.format, asked.blob.format
            )
        case _:
            return given.WhichOneof("type") is None


def _is_none(literal_type: LiteralType) -> bool:
    """The element type of an empty list or map: fits any."""
    return literal_type.WhichOneof("type") == "simple" and literal_type.simple == SimpleType.NONE


def _enum_and_string(given: LiteralType, asked: LiteralType) -> bool:
    """Enums travel as strings; whether a string is one of the values shows when it arrives."""
    kinds = {given.WhichOneof("type"), asked.WhichOneof("type")}
    if kinds != {"enum_type", "simple"}:
        return False
    simple = given if given.WhichOneof("type") == "simple" else asked
    return simple.simple == SimpleType.STRING


def _formats(given: str, asked: str) -> bool:
    return given == asked or not given or not asked


def _tabular(given: LiteralType, asked: LiteralType) -> bool:
    have, want = _columns(given), _columns(asked)
    return not have or not want or want <= have


def _columns(literal_type: LiteralType) -> set[tuple[str, str]]:
    if literal_type.WhichOneof("type") == "schema":
        return {(column.name, _schema_column(column)) for column in literal_type.schema.columns}
    columns: Sequence[StructuredDatasetType.DatasetColumn] = literal_type.structured_dataset_type.columns
    return {(column.name, describe(column.literal_type)) for column in columns}


def _schema_column(column: SchemaType.SchemaColumn) -> str:
    return _name(SchemaType.SchemaColumn.SchemaColumnType, column.type)


def _name(known: EnumTypeWrapper, number: int) -> str:
    return known.Name(number).lower() if number in known.values() else f"unknown type {number}"
