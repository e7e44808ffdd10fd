"""``Optional`` and ``Union``, also written ``X | Y``: the value, with the type that it was found to have.

Which variant a value is: the first whose type is exactly the value's, else the first that takes it unchanged, else
the first that takes it at all. So ``1`` is an ``int`` in ``float | int``, and ``"red"`` a ``str`` in ``Color | str``.

A union's literal says which variant it holds. In JSON and in plain data nothing does, and a date and a string look
the same: there it is the first variant that writes the same back, as it is for the literal of a task that declares
one of the variants alone. Plain data that would be read as another variant than it was is written with the variant's
name beside it (``"red"`` in ``Color | str`` inside a dataclass, where flytekit makes a ``Color`` of it).
"""

import types
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.dataplane import NOWHERE
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import Mismatch, type_name
from livedeck.sdk.types.plain import AnyHandler

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


_NAME, _VALUE = "union.type", "union.value"
"""Keys of plain data that names its variant."""


class UnionHandler(Handler):
    """``Union``, ``Optional`` and ``X | Y``."""

    tag = "Typed Union"

    def __init__(self, python_type: Any, variants: Sequence[Handler]) -> None:
        super().__init__(python_type)
        self._variants = tuple(variants)
        self._readers = sorted(
            variants, key=lambda variant: isinstance(variant, AnyHandler)
        )  # AnyHandler goes last: it writes all that there is

    @property
    def parts(self) -> Sequence[Handler]:
        return self._variants

    @property
    def light(self) -> bool:
        return all(variant.light for variant in self._variants)

    def copy(self, value: Any) -> Any:
        variant, accepted = self._choose(value)
        return variant.copy(accepted)

    def accept(self, value: Any) -> Any:
        return self._choose(value)[1]

    def _choose(self, value: Any) -> tuple[Handler, Any]:
        """Return the variant that the value is, and the value as that variant takes it."""
        for variant in self._variants:
            if variant.type is type(value):
                return variant, variant.accept(value)
        chosen: tuple[Handler, Any] | None = None
        closest: Mismatch | None = None
        for variant in self._variants:
            try:
                accepted = variant.accept(value)
            except Mismatch as mismatch:
                closest = mismatch if mismatch.path or closest is None else closest
                continue
            if accepted is value:
                return variant, value
            chosen = chosen or (variant, accepted)
        if chosen is None:
            raise closest if closest is not None and closest.path else self.mismatch(value)
        return chosen

    def literal_type(self) -> "wire.types.LiteralType":
        variants = [_tagged(variant) for variant in self._variants]
        return wire.types.LiteralType(union_type=wire.types.UnionType(variants=variants))

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        variant, accepted = self._choose(value)
        union = wire.literals.Union(value=variant.encode(accepted, data), type=_tagged(variant))
        return wire.literals.Literal(scalar=wire.literals.Scalar(union=union))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        if not literal.scalar.HasField("union"):
            return self._read_untagged(literal, data)
        union = literal.scalar.union
        for variant in self._by_closeness(union.type):
            try:
                return variant.decode(union.value, data)
            except Mismatch:
                continue
        raise self.wrong_literal(union.value)

    def _by_closeness(self, stored: "wire.types.LiteralType") -> Sequence[Handler]:
        """Return the variants that a literal tagged ``stored`` may be, the likeliest first."""
        same = [variant for variant in self._variants if variant.tag == stored.structure.tag]
        return sorted(same, key=lambda variant: -_likeness(_tagged(variant), stored))

    def _read_untagged(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        """Return the value of a literal that a task made which declares one of the variants alone."""
        found: list[Any] = []
        for variant in _by_format(self._variants, literal):
            try:
                value = variant.decode(literal, data)
            except Mismatch:
                continue
            if _writes_back(variant, value, literal):
                return value
            found.append(value)
        if not found:
            raise self.wrong_literal(literal)
        return found[0]

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        variant, accepted = self._choose(value)
        plain = variant.pack(accepted, data)
        reader = next((each for each in self._readers if each.writes(plain, data)), None)
        if not _is_named(plain) and (reader is variant or _reads(reader, plain, accepted, data)):
            return plain
        return {_NAME: type_name(variant.type), _VALUE: plain}

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        variants, bare = self._named(plain)
        for likely in (lambda variant: variant.writes(bare, data), lambda _: True):
            for variant in filter(likely, variants):
                try:
                    return variant.unpack(bare, data)
                except Mismatch:
                    continue
        raise self.mismatch(plain)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        variants, bare = self._named(plain)
        return any(variant.writes(bare, data) for variant in variants)

    def _named(self, plain: Plain) -> tuple[Sequence[Handler], Plain]:
        """Return the variants that plain data may be, and the data without the name of one."""
        if not _is_named(plain):
            return self._readers, plain
        return [variant for variant in self._variants if type_name(variant.type) == plain[_NAME]], plain[_VALUE]

    def from_json(self, obj: Any) -> Any:
        found: list[Any] = []
        closest: Mismatch | None = None
        for variant in self._variants:
            try:
                value = variant.from_json(obj)
            except Mismatch as mismatch:
                closest = mismatch if mismatch.path or closest is None else closest
                continue
            if repr(variant.to_json(value)) == repr(obj):
                return value
            found.append(value)
        if not found:
            raise closest if closest is not None and closest.path else self.mismatch(obj)
        return found[0]

    def to_json(self, value: Any) -> Any:
        variant, accepted = self._choose(value)
        return variant.to_json(accepted)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [variant.schema() for variant in self._variants]}

    def describe(self) -> str:
        return " or ".join("null" if variant.tag == "none" else variant.describe() for variant in self._variants)


def _is_named(plain: Plain) -> bool:
    return isinstance(plain, dict) and plain.keys() == {_NAME, _VALUE}


def _reads(reader: Handler | None, plain: Plain, value: Any, data: "DataPlane") -> bool:
    """Return whether a variant makes the same value of plain data as another, such as ``Literal["a"]`` and ``str``."""
    if reader is None or isinstance(plain, dict | list):
        return False
    read = reader.unpack(plain, data)
    return type(read) is type(value) and read == value


def _by_format(variants: Sequence[Handler], literal: "wire.literals.Literal") -> Sequence[Handler]:
    """Return the variants that a literal may be, of a blob those first whose format it states."""
    if not literal.scalar.HasField("blob"):
        return variants
    kind = literal.scalar.blob.metadata.type
    return sorted(variants, key=lambda variant: variant.literal_type().blob != kind)


def _writes_back(variant: Handler, value: Any, literal: "wire.literals.Literal") -> bool:
    """Return whether a variant writes the literal that its value was read from."""
    try:
        written = variant.encode(value, NOWHERE)
    except Mismatch:
        return False
    except RuntimeError:  # what is uploaded cannot be compared, and is not read as something else
        return True
    kind = literal.WhichOneof("value")
    return kind == written.WhichOneof("value") and (kind is None or getattr(written, kind) == getattr(literal, kind))


def _tagged(variant: Handler) -> "wire.types.LiteralType":
    """Return the variant's literal type with its tag in the place of any structure, as flytekit does."""
    literal_type = variant.literal_type()
    literal_type.structure.CopyFrom(wire.types.TypeStructure(tag=variant.tag))
    return literal_type


def _likeness(ours: "wire.types.LiteralType", stored: "wire.types.LiteralType") -> int:
    """Return 2 for equal types, 1 for types equal but for their metadata, else 0."""
    if ours == stored:
        return 2
    bare = [wire.types.LiteralType(), wire.types.LiteralType()]
    for copy, original in zip(bare, (ours, stored), strict=True):
        copy.CopyFrom(original)
        for field in ("metadata", "annotation", "structure"):
            copy.ClearField(field)
    return int(bare[0] == bare[1])


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is a union."""
    if typing.get_origin(python_type) not in (typing.Union, types.UnionType):
        return None
    return UnionHandler(python_type, [resolve(variant) for variant in typing.get_args(python_type)])
