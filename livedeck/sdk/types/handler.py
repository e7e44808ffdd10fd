"""The interface of type handlers: what livedeck must know about a type to carry its values between tasks."""

import abc
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from livedeck.sdk.types import wire
from livedeck.sdk.types.mismatches import Mismatch, type_name

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

Plain = Any
"""``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes``, and lists and dicts of these: what MessagePack holds."""


class Resolve(Protocol):
    """Finds the handler of a type inside another type."""

    def __call__(self, python_type: Any, /) -> "Handler": ...

    @property
    def inside(self) -> "Resolve":
        """Finds the handler of a type inside a record, where more types are possible."""


class PickleWarning(UserWarning):
    """A type travels as a pickle: only the same versions of Python and libraries can read it."""


class Handler(abc.ABC):
    """Checks and converts the values of one type. Stateless once made, so it is shared and cached.

    Three forms of a value exist besides the Python object itself:

    - a *literal*, Flyte's protobuf form, one per input or output (``encode``, ``decode``);
    - *plain* data, for a value inside a record that travels as MessagePack (``pack``, ``unpack``);
    - *JSON*, as people write it on the command line and read it there (``from_json``, ``to_json``).

    Literals and plain data have the form that flytekit 1.16 gives them, but for plain data that would be read back as
    another type (see ``unions``).
    """

    tag: ClassVar[str]
    """Name of flytekit's transformer for the type: a union's literal says by it which variant it holds."""

    def __init__(self, python_type: Any) -> None:
        self.type = python_type

    @property
    def parts(self) -> Sequence["Handler"]:
        """Handlers of the types inside this one."""
        return ()

    @property
    def refusal(self) -> str:
        """Why the type cannot be an input or output of its own; empty if it can."""
        return ""

    @property
    def light(self) -> bool:
        """Whether ``copy`` gives what a literal would give, so that in one process no literal need be made."""
        return False

    def is_like(self, other: "Handler") -> bool:
        """Return whether both are of equal types: each function annotated with ``list[int]`` has one of its own."""
        return self is other or (type(self) is type(other) and bool(self.type == other.type))

    def copy(self, value: Any) -> Any:
        """Return what reading the literal of an accepted value would give; asked of light types only.

        The value itself, where nobody can change it.
        """
        return value

    @abc.abstractmethod
    def accept(self, value: Any) -> Any:
        """Return the value as a task receives it: the same object, or one converted without loss.

        Raises:
            Mismatch: it is not of the type.
        """

    @abc.abstractmethod
    def literal_type(self) -> "wire.types.LiteralType":
        """Return Flyte's name of the type."""

    def field_type(self) -> "wire.types.LiteralType | None":
        """Return the literal type of a record's field, for the engine to reach into; None where Flyte has none."""
        if self.refusal or any(part.field_type() is None for part in self.parts):
            return None
        return self.literal_type()

    @abc.abstractmethod
    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        """Return the literal of an accepted value, uploading what does not go into one."""

    def encode_into(self, literal: "wire.literals.Literal", value: Any, data: "DataPlane") -> None:
        """Make an empty literal that of an accepted value: cheaper where it is a part of another than a copy."""
        literal.CopyFrom(self.encode(value, data))

    def in_bulk(self, values: Sequence[Any]) -> Iterator[bytes] | None:
        """Return the literals of accepted values as a serialized collection, in pieces; None: that is no quicker."""
        return None

    def decode_each(self, literals: "Iterable[wire.literals.Literal]", data: "DataPlane") -> Iterator[Any]:
        """Yield the values of literals, of which there may be millions."""
        for literal in literals:
            yield self.decode(literal, data)

    def accepts_as_is(self, values: Collection[Any]) -> bool:
        """Return whether all values are known to be accepted unchanged. False says nothing: ``accept`` tells."""
        return not values

    def decode(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        """Return the value of a literal, in whatever form it came."""
        if literal.HasField("offloaded_metadata"):  # flytekit stores a literal that is too large for a message
            offloaded = data.get_bytes(literal.offloaded_metadata.uri)
            literal = wire.literals.Literal.FromString(offloaded)
        found, plain = wire.plain_of(literal)
        if found:
            return self.unpack(plain, data)
        return self.read(literal, data)

    @abc.abstractmethod
    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        """Return the value of a literal of the kind that ``encode`` makes."""

    @abc.abstractmethod
    def pack(self, value: Any, data: "DataPlane") -> Plain:
        """Return the plain form of a value inside a record."""

    @abc.abstractmethod
    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        """Return the value of a plain form. Whole floats are taken for integers: JavaScript sends them."""

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        """Return whether ``pack`` writes some value of this type just so.

        A handler whose ``unpack`` downloads, or which has parts, tells it by the form: this is asked for every variant
        of a union, at every level.
        """
        try:
            return repr(self.pack(self.unpack(plain, data), data)) == repr(plain)
        except Mismatch:
            return False

    @abc.abstractmethod
    def from_json(self, obj: Any) -> Any:
        """Return the value that parsed JSON stands for."""

    @abc.abstractmethod
    def to_json(self, value: Any) -> Any:
        """Return a value as data that ``json.dumps`` takes."""

    @abc.abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the plain form, as mashumaro (and so flytekit) writes it."""

    def describe(self) -> str:
        """Return words for a help text: what to write for such a value."""
        return type_name(self.type)

    def mismatch(self, value: Any, hint: str = "") -> Mismatch:
        """Return the error that says that ``value`` is not of this type."""
        return Mismatch(value, type_name(self.type), hint)

    def wrong_literal(self, literal: "wire.literals.Literal") -> Mismatch:
        """Return the error that says that a literal holds something else."""
        return Mismatch(literal, type_name(self.type), f"it holds {wire.kind_of(literal)}")


class PackedHandler(Handler):
    """A type whose literal is its plain form as MessagePack."""

    def literal_type(self) -> "wire.types.LiteralType":
        literal_type = wire.simple("STRUCT")
        literal_type.annotation.annotations.update({"cache-key-metadata": {"serialization-format": wire.MSGPACK}})
        return literal_type

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        return wire.packed(self.pack(value, data))

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        raise self.wrong_literal(literal)
