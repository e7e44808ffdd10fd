"""pydantic models: their own JSON form, as MessagePack; pydantic checks and converts what is inside."""

import functools
import sys
from typing import TYPE_CHECKING, Any, cast

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, PackedHandler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, type_name
from livedeck.sdk.types.recursion import being_written, writing

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_DATA = "livedeck.data"
"""Key of the data plane in pydantic's context, for the files inside a model."""


class ModelHandler(PackedHandler):
    """A ``pydantic.BaseModel``."""

    tag = "Pydantic Transformer"

    def __init__(self, python_type: Any, resolve: Resolve) -> None:
        super().__init__(python_type)
        self._resolve = resolve.inside

    def accept(self, value: Any) -> Any:
        if not isinstance(value, self.type):
            raise self.mismatch(value, f"use {self.type.__name__}(**value)" if isinstance(value, dict) else "")
        extra = [name for name in type(value).model_fields if name not in self.type.model_fields]
        if extra:
            raise self.mismatch(value, f"{', '.join(extra)} would be lost: declare {type_name(type(value))}")
        return value

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = super().literal_type()
        wire.note_schema(literal_type, self.schema())
        with writing(self.type):
            for name, field in self.type.model_fields.items():
                inner = self._field_type(field.annotation)
                if inner is not None:
                    literal_type.structure.dataclass_type[name].CopyFrom(inner)
        return literal_type

    def _field_type(self, annotation: Any) -> "wire.types.LiteralType | None":
        try:
            return self._resolve(annotation).field_type()
        except UnsupportedType:  # pydantic carries such a field; only the engine cannot reach into it
            return None

    def field_type(self) -> "wire.types.LiteralType | None":
        return None if self.type in being_written() else self.literal_type()

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        import msgspec

        return msgspec.json.decode(self._dumped(value, {_DATA: data}))

    def _dumped(self, value: Any, context: dict[str, Any]) -> str:
        from pydantic_core import PydanticSerializationError

        try:
            return cast("str", self.accept(value).model_dump_json(context=context))
        except (PydanticSerializationError, UnicodeEncodeError) as error:
            raise self.mismatch(value, str(error)) from error

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self._validated(plain, {_DATA: data, "deserialize": True})

    def _validated(self, plain: Plain, context: dict[str, Any]) -> Any:
        import msgspec
        from pydantic import ValidationError

        try:  # validated as JSON, where pydantic takes a string for a date and a list for a tuple
            return self.type.model_validate_json(msgspec.json.encode(plain), context=context)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            mismatch = self.mismatch(plain, f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the top'}")
            raise mismatch from error

    def from_json(self, obj: Any) -> Any:
        return self._validated(obj, {})

    def to_json(self, value: Any) -> Any:
        import msgspec

        return msgspec.json.decode(self._dumped(value, {}))

    def schema(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.type.model_json_schema(schema_generator=_schemas()))

    def describe(self) -> str:
        fields = (f"{name}{'' if field.is_required() else '?'}" for name, field in self.type.model_fields.items())
        return f"JSON object with {', '.join(fields)}"


@functools.cache
def _schemas() -> Any:
    """Return pydantic's maker of schemas, which leaves out, here without a warning, a default that JSON cannot hold."""
    from pydantic.json_schema import GenerateJsonSchema

    class Schemas(GenerateJsonSchema):
        ignored_warning_kinds = GenerateJsonSchema.ignored_warning_kinds | {"non-serializable-default"}

    return Schemas


def field_schema(kind: type[Any]) -> Any:
    """Return pydantic's schema of a field whose type is carried by its handler: ``File`` or ``Directory``.

    In JSON and in plain data that is ``{"path": ...}``; the file is uploaded on its way.
    """
    from pydantic_core import core_schema

    from livedeck.sdk.types.registry import handler_for

    handler = handler_for(kind)

    def validate(value: Any, info: core_schema.ValidationInfo) -> Any:
        data = (info.context or {}).get(_DATA)
        try:
            if data is not None and isinstance(value, dict | str):
                return handler.unpack(value, data)
            return handler.from_json(value) if isinstance(value, dict) else handler.accept(value)
        except Mismatch as mismatch:
            raise ValueError(f"{mismatch.hint or mismatch}") from None

    def serialize(value: Any, info: core_schema.SerializationInfo) -> Any:
        data = (info.context or {}).get(_DATA)
        return handler.pack(value, data) if data is not None else {"path": handler.to_json(value)}

    return core_schema.with_info_plain_validator_function(
        validate,
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True),
    )


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a model; pydantic is then loaded already."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    if base is None or not isinstance(python_type, type) or not issubclass(python_type, base):
        return None
    return ModelHandler(python_type, resolve)
