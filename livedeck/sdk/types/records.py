"""Dataclasses and ``TypedDict``: one MessagePack object, with the JSON schema noted in the type.

The bytes and the schema are those of mashumaro, which flytekit uses.
"""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING
from functools import cached_property
from typing import TYPE_CHECKING, Any

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.dataplane import NOWHERE
from livedeck.sdk.types.dicts import is_typed_dict, unqualified
from livedeck.sdk.types.handler import Handler, PackedHandler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, type_name
from livedeck.sdk.types.recursion import being_written, writing

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a record."""

    handler: Handler
    required: bool
    """Whether it has to be given."""
    init: bool
    """Whether the constructor takes it."""
    default: Any
    """The default, or ``dataclasses.MISSING`` where there is none or a factory."""


class RecordHandler(PackedHandler):
    """What dataclasses and typed dicts share. Fields are found on first use, since a record may hold its own type."""

    def __init__(self, python_type: Any, resolve: Resolve) -> None:
        super().__init__(python_type)
        self._resolve = resolve.inside

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields, in order.

        Raises:
            UnsupportedType: the type of one cannot be carried.
        """
        return {name: self._field(name, hint) for name, hint in self._hints().items()}

    def _hints(self) -> Mapping[str, Any]:
        try:
            return typing.get_type_hints(self.type, include_extras=True)
        except (NameError, TypeError) as error:
            raise UnsupportedType(f"{type_name(self.type)}: an annotation of it cannot be read: {error}") from None

    def _field(self, name: str, hint: Any) -> Field:
        raise NotImplementedError

    def _handler(self, name: str, hint: Any) -> Handler:
        try:
            return self._resolve(hint)
        except UnsupportedType as error:
            raise UnsupportedType(f"{type_name(self.type)}.{name}: {error}") from None

    @property
    def parts(self) -> Sequence[Handler]:
        # Inside a record more types are possible than outside: finding them is the check.
        return [field.handler for field in self.fields.values() if isinstance(field.handler, RecordHandler)]

    def _values(self, value: Any) -> Mapping[str, Any]:
        """Return the fields of a value of the type.

        Raises:
            Mismatch: it is not of the type.
        """
        raise NotImplementedError

    def _built(self, values: dict[str, Any]) -> Any:
        """Return a value of the type made from fields, none of which is missing."""
        raise NotImplementedError

    def accept(self, value: Any) -> Any:
        for name, inner in self._values(value).items():
            self._within(name, self.fields[name].handler.accept, inner)
        return value

    def _within(self, name: str, convert: Any, *arguments: Any) -> Any:
        try:
            return convert(*arguments)
        except Mismatch as mismatch:
            raise mismatch.within(f".{name}") from None

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = super().literal_type()
        wire.note_schema(literal_type, self.schema())
        with writing(self.type):
            for name, field in self.fields.items():
                inner = field.handler.field_type()
                if inner is not None:
                    literal_type.structure.dataclass_type[name].CopyFrom(inner)
        return literal_type

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return {
            name: self._within(name, self.fields[name].handler.pack, inner, data)
            for name, inner in self._values(value).items()
        }

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, dict):
            raise self.mismatch(plain)
        known = {name: inner for name, inner in plain.items() if name in self.fields}  # others may be a newer version's
        return self._build(
            {name: self._within(name, self.fields[name].handler.unpack, known[name], data) for name in known}, plain
        )

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return (
            isinstance(plain, dict)
            and self._always_written <= plain.keys() <= self.fields.keys()
            and all(self.fields[name].handler.writes(inner, data) for name, inner in plain.items())
        )

    @property
    def _always_written(self) -> AbstractSet[str]:
        """Names of the fields that every value has."""
        raise NotImplementedError

    def from_json(self, obj: Any) -> Any:
        if not isinstance(obj, dict):
            raise self.mismatch(obj, f"write a JSON object with {', '.join(self.fields)}")
        for name in obj:
            if name not in self.fields:
                import difflib

                close = difflib.get_close_matches(str(name), self.fields, 1)
                hint = f": did you mean {close[0]!r}?" if close else f"; it has {', '.join(self.fields)}"
                raise self.mismatch(obj, f"it has no field {name!r}{hint}")
        values = {name: self._within(name, self.fields[name].handler.from_json, obj[name]) for name in obj}
        return self._build(values, obj)

    def _build(self, values: dict[str, Any], source: Any) -> Any:
        missing = [name for name, field in self.fields.items() if field.required and name not in values]
        if missing:
            raise self.mismatch(source, f"it lacks {', '.join(missing)}")
        try:
            return self._built(values)
        except (TypeError, ValueError) as error:  # a __post_init__ that checks may raise these
            raise self.mismatch(source, str(error)) from error

    def to_json(self, value: Any) -> Any:
        return {
            name: self._within(name, self.fields[name].handler.to_json, inner)
            for name, inner in self._values(value).items()
        }

    def field_type(self) -> "wire.types.LiteralType | None":
        return None if self.type in being_written() else self.literal_type()

    def schema(self) -> dict[str, Any]:
        if self.type in being_written():
            # A record inside itself has no finite schema of this kind, which knows no references.
            return {"type": "object", "title": self.type.__name__}
        with writing(self.type):
            properties = {name: self._property(field) for name, field in self.fields.items()}
        required = [name for name, field in self.fields.items() if field.required]
        schema = {
            "type": "object",
            "title": self.type.__name__,
            "properties": properties,
            "additionalProperties": False,
        }
        return schema | ({"required": required} if required else {})

    def _property(self, field: Field) -> dict[str, Any]:
        schema = field.handler.schema()
        if field.default is MISSING:
            return schema
        try:
            return schema | {"default": field.handler.pack(field.default, NOWHERE)}
        except (Mismatch, RuntimeError):  # the default is a file, or of another type than declared
            return schema

    def describe(self) -> str:
        fields = (f"{name}{'' if field.required else '?'}" for name, field in self.fields.items())
        return f"JSON object with {', '.join(fields)}"


class DataclassHandler(RecordHandler):
    """A dataclass."""

    tag = "Object-Dataclass-Transformer"

    def _hints(self) -> Mapping[str, Any]:
        hints = super()._hints()
        return {field.name: hints[field.name] for field in dataclasses.fields(self.type)}

    @cached_property
    def _declared(self) -> Mapping[str, dataclasses.Field[Any]]:
        return {field.name: field for field in dataclasses.fields(self.type)}

    def _field(self, name: str, hint: Any) -> Field:
        declared = self._declared[name]
        optional = declared.default is not MISSING or declared.default_factory is not MISSING
        handler = self._handler(name, hint)
        return Field(handler, required=declared.init and not optional, init=declared.init, default=declared.default)

    def _values(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, self.type):
            raise self.mismatch(value, f"use {self.type.__name__}(**value)" if isinstance(value, dict) else "")
        if type(value) is not self.type:
            extra = [field.name for field in dataclasses.fields(value) if field.name not in self.fields]
            if extra:
                raise self.mismatch(value, f"{', '.join(extra)} would be lost: declare {type_name(type(value))}")
        try:
            return {name: getattr(value, name) for name in self.fields}
        except AttributeError as error:
            raise self.mismatch(type(value), str(error)) from None

    @property
    def _always_written(self) -> AbstractSet[str]:
        return self.fields.keys()

    def _built(self, values: dict[str, Any]) -> Any:
        record = self.type(**{name: inner for name, inner in values.items() if self.fields[name].init})
        for name, inner in values.items():
            if not self.fields[name].init:  # what __post_init__ computed there may not come out the same here
                object.__setattr__(record, name, inner)
        return record


class TypedDictHandler(RecordHandler):
    """A ``TypedDict``."""

    tag = "Typed Dict"

    def _field(self, name: str, hint: Any) -> Field:
        required = name in self.type.__required_keys__
        return Field(self._handler(name, unqualified(hint)), required=required, init=True, default=MISSING)

    def _values(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.mismatch(value)
        for name in value:
            if name not in self.fields:
                raise self.mismatch(value, f"it has no key {name!r}")
        missing = [name for name, field in self.fields.items() if field.required and name not in value]
        if missing:
            raise self.mismatch(value, f"it lacks {', '.join(missing)}")
        return {name: value[name] for name in self.fields if name in value}

    @property
    def _always_written(self) -> AbstractSet[str]:
        return {name for name, field in self.fields.items() if field.required}

    def _built(self, values: dict[str, Any]) -> Any:
        return values

    def literal_type(self) -> "wire.types.LiteralType":
        return PackedHandler.literal_type(self)  # to flytekit a TypedDict is any dict


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a dataclass or a ``TypedDict``."""
    if not isinstance(python_type, type):
        if dataclasses.is_dataclass(typing.get_origin(python_type)):
            raise UnsupportedType(f"{type_name(python_type)}: generic dataclasses are not supported: make a plain one")
        return None
    if is_typed_dict(python_type):
        return TypedDictHandler(python_type, resolve)
    return DataclassHandler(python_type, resolve) if dataclasses.is_dataclass(python_type) else None
