"""``Enum``: its member's value, where the values are strings as Flyte wants; else the member's name."""

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, shorten, type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

_MOST_SHOWN = 10


class EnumHandler(Handler):
    """A member of one Enum; its value, or its name, is taken for it."""

    tag = "DefaultEnumTransformer"
    light = True

    def __init__(self, python_type: type[enum.Enum]) -> None:
        super().__init__(python_type)
        members = list(python_type)
        self._textual = all(isinstance(member.value, str) for member in members)
        # A str.__str__ of a member of a (str, Enum) is its value, whatever its __str__ says.
        self._words = {(str.__str__(m.value) if self._textual else m.name): m for m in members}
        self._word_of = {member: word for word, member in self._words.items()}

    def accept(self, value: Any) -> enum.Enum:
        if isinstance(value, self.type):
            if value in self._word_of:
                return cast("enum.Enum", value)
        elif (member := self._member(value)) is not None:
            return member
        raise self._unknown(value)

    def _member(self, value: Any) -> enum.Enum | None:
        """Return the member that has this value, or else this name."""
        if isinstance(value, enum.Enum):
            return None
        for member in self._word_of:
            if type(member.value) is type(value) and member.value == value:
                return member
        if not isinstance(value, str):
            return None
        return self._words.get(value) or self.type.__members__.get(value)

    def _unknown(self, value: Any) -> Mismatch:
        shown = ", ".join(list(self._words)[:_MOST_SHOWN])
        return self.mismatch(value, f"it is one of {shown}{', ...' if len(self._words) > _MOST_SHOWN else ''}")

    def literal_type(self) -> "wire.types.LiteralType":
        return wire.types.LiteralType(enum_type=wire.types.EnumType(values=list(self._words)))

    def field_type(self) -> "wire.types.LiteralType | None":
        # A record holds the member's value, which is no name of this type.
        return self.literal_type() if self._textual else None

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        primitive = wire.literals.Primitive(string_value=self._word_of[value])
        return wire.literals.Literal(scalar=wire.literals.Scalar(primitive=primitive))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> enum.Enum:
        if literal.scalar.primitive.WhichOneof("value") != "string_value":
            raise self.wrong_literal(literal)
        word = literal.scalar.primitive.string_value
        # The text is looked up as it was written: one member's name may be another's value.
        return self._words.get(word) or self.accept(word)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.to_json(value)

    def unpack(self, plain: Plain, data: "DataPlane") -> enum.Enum:
        whole = isinstance(plain, float) and plain.is_integer()
        return (self._member(int(plain)) if whole else None) or self.accept(plain)

    def from_json(self, obj: Any) -> enum.Enum:
        return self.accept(obj)

    def to_json(self, value: Any) -> Any:
        member = self.accept(value)
        # A record holds the member's value, as mashumaro writes it, if that is plain.
        return member.value if type(member.value) in (str, int, float, bool) else self._word_of[member]

    def schema(self) -> dict[str, Any]:
        return {"enum": [self.to_json(member) for member in self._word_of]}

    def describe(self) -> str:
        return f"one of {', '.join(self._words)}"


class ChoiceHandler(Handler):
    """``typing.Literal["a", "b"]``: the type of its values, with the values noted beside it."""

    tag = "LiteralTypeTransformer"
    light = True

    def __init__(self, python_type: Any, options: Sequence[Any], base: Handler) -> None:
        super().__init__(python_type)
        self._options = tuple(options)
        self._base = base

    def _known(self, value: Any) -> Any:
        if value not in self._options:
            raise self.mismatch(value)
        return value

    def accept(self, value: Any) -> Any:
        try:
            return self._known(self._base.accept(value))
        except Mismatch as mismatch:
            raise self.mismatch(value, mismatch.hint) from None

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = self._base.literal_type()
        literal_type.annotation.annotations.update({"literal_values": list(self._options)})
        return literal_type

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return self._base.encode(value, data)

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        return self._known(self._base.read(literal, data))

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self._base.pack(self._known(value), data)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self._known(self._base.unpack(plain, data))

    def from_json(self, obj: Any) -> Any:
        return self._known(self._base.from_json(obj))

    def to_json(self, value: Any) -> Any:
        return self._base.to_json(self._known(value))

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self._options)}

    def describe(self) -> str:
        return f"one of {', '.join(shorten(option) for option in self._options)}"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is an Enum or a ``typing.Literal``."""
    import typing

    if typing.get_origin(python_type) is typing.Literal:
        options = typing.get_args(python_type)
        kinds = {type(option) for option in options}
        if len(kinds) > 1 or not kinds <= {str, int, bool}:
            raise UnsupportedType(f"{type_name(python_type)}: its values must be all str, all int or all bool")
        return ChoiceHandler(python_type, options, resolve(kinds.pop()))
    if not (isinstance(python_type, type) and issubclass(python_type, enum.Enum)):
        return None
    if issubclass(python_type, enum.Flag):
        raise UnsupportedType(f"{type_name(python_type)}: a Flag is not one of its members: use an int")
    if not len(python_type):
        raise UnsupportedType(f"{type_name(python_type)}: an Enum without members has no values")
    return EnumHandler(python_type)
