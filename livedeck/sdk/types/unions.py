"""``Optional`` and ``Union``, also written ``X | Y``: the value, with the type that it was found to have.

Which variant a value is: the first whose type is exactly the value's, else the first that takes it unchanged, else
the first that takes it at all. So ``1`` is an ``int`` in ``float | int``, and ``"red"`` a ``str`` in ``Color | str``.
In JSON, where a date and a string look the same, it is the first variant that writes the same JSON back.
"""

import types
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livedeck.sdk.types import wire
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.where import Misfit

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


class UnionHandler(Handler):
    """One of several types."""

    tag = "Typed Union"

    def __init__(self, python_type: Any, variants: Sequence[Handler]) -> None:
        super().__init__(python_type)
        self._variants = tuple(variants)

    @property
    def parts(self) -> Sequence[Handler]:
        return self._variants

    def accept(self, value: Any) -> Any:
        return self._choose(value)[1]

    def _choose(self, value: Any) -> tuple[Handler, Any]:
        """Return the variant that the value is, and the value as that variant takes it."""
        for variant in self._variants:
            if variant.type is type(value):
                return variant, variant.accept(value)
        chosen: tuple[Handler, Any] | None = None
        closest: Misfit | None = None
        for variant in self._variants:
            try:
                accepted = variant.accept(value)
            except Misfit as misfit:
                closest = misfit if misfit.path or closest is None else closest
                continue
            if accepted is value:
                return variant, value
            chosen = chosen or (variant, accepted)
        if chosen is None:
            raise closest if closest is not None and closest.path else self.misfit(value)
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
            return self._first(lambda variant: variant.decode(literal, data), self.wrong_literal(literal))
        union = literal.scalar.union
        for variant in self._by_closeness(union.type):
            try:
                return variant.decode(union.value, data)
            except Misfit:
                continue
        raise self.wrong_literal(union.value)

    def _by_closeness(self, stored: "wire.types.LiteralType") -> Sequence[Handler]:
        """Return the variants that a literal tagged ``stored`` may be, the likeliest first."""
        same = [variant for variant in self._variants if variant.tag == stored.structure.tag]
        return sorted(same, key=lambda variant: -_likeness(_tagged(variant), stored))

    def _first(self, convert: Any, otherwise: Misfit) -> Any:
        for variant in self._variants:
            try:
                return convert(variant)
            except Misfit:
                continue
        raise otherwise

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        variant, accepted = self._choose(value)
        return variant.pack(accepted, data)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        for variant in self._variants:
            if variant.type is type(plain):
                return variant.unpack(plain, data)
        return self._first(lambda variant: variant.unpack(plain, data), self.misfit(plain))

    def from_json(self, obj: Any) -> Any:
        found: list[Any] = []
        closest: Misfit | None = None
        for variant in self._variants:
            try:
                value = variant.from_json(obj)
            except Misfit as misfit:
                closest = misfit if misfit.path or closest is None else closest
                continue
            if repr(variant.to_json(value)) == repr(obj):
                return value
            found.append(value)
        if not found:
            raise closest if closest is not None and closest.path else self.misfit(obj)
        return found[0]

    def to_json(self, value: Any) -> Any:
        variant, accepted = self._choose(value)
        return variant.to_json(accepted)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [variant.schema() for variant in self._variants]}

    def describe(self) -> str:
        return " or ".join("null" if variant.tag == "none" else variant.describe() for variant in self._variants)


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
