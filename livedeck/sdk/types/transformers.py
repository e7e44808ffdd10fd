"""``TypeTransformer``: how values of a type of one's own are written as literals, under flytekit's names."""

import inspect
import typing
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from livedeck.errors import UnsupportedType, UserError
from livedeck.sdk.types import wire
from livedeck.sdk.types.file_access import FlyteContext
from livedeck.sdk.types.handler import Handler, Plain, Resolve
from livedeck.sdk.types.mismatches import shorten, type_name
from livedeck.sdk.types.registry import forget_handlers, handler_for

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane

T = TypeVar("T")


class TypeTransformerFailedError(UserError, TypeError, AssertionError):
    """A value or literal is not what a transformer takes."""


class TypeTransformer(Generic[T]):
    """Writes values of one type as literals and reads them. Derive from it, and register an object of the class.

    The literals and their types are the messages of ``flyteidl``, which are made with the names that flytekit's have.

    Args:
        name: the transformer's name, by which the literal of a union says which of its types it holds.
        t: the type.
        enable_type_assertions: whether a value that is no instance of the type is refused.
    """

    def __init__(self, name: str, t: Any, enable_type_assertions: bool = True, hash_overridable: bool = False) -> None:
        self._name = name
        self._type = t
        self._asserts = enable_type_assertions

    @property
    def name(self) -> str:
        """The transformer's name."""
        return self._name

    @property
    def python_type(self) -> Any:
        """The type."""
        return self._type

    @property
    def type_assertions_enabled(self) -> bool:
        """Whether a value that is no instance of the type is refused."""
        return self._asserts

    def get_literal_type(self, t: Any) -> "wire.types.LiteralType":
        """Return Flyte's name of the type."""
        raise NotImplementedError(f"{type(self).__name__} does not say what the type's literals are: get_literal_type")

    def to_literal(
        self, ctx: FlyteContext, python_val: Any, python_type: Any, expected: "wire.types.LiteralType"
    ) -> "wire.literals.Literal":
        """Return the literal of a value; ``ctx.file_access`` is the store."""
        raise NotImplementedError(f"{type(self).__name__} does not write its values: to_literal")

    def to_python_value(self, ctx: FlyteContext, lv: "wire.literals.Literal", expected_python_type: Any) -> Any:
        """Return the value of a literal; ``ctx.file_access`` is the store."""
        raise NotImplementedError(f"{type(self).__name__} does not read its literals: to_python_value")


class SimpleTransformer(TypeTransformer[T]):
    """A transformer of two functions, for a type all of whose literals are of one type.

    Args:
        name: the transformer's name.
        t: the type; a value of a class that derives from it is refused.
        lt: Flyte's name of the type.
        to_literal_transformer: returns the literal of a value.
        from_literal_transformer: returns the value of a literal.
    """

    def __init__(
        self,
        name: str,
        t: Any,
        lt: "wire.types.LiteralType",
        to_literal_transformer: "Callable[[Any], wire.literals.Literal]",
        from_literal_transformer: "Callable[[wire.literals.Literal], Any]",
    ) -> None:
        super().__init__(name, t)
        self._literal_type = lt
        self._write = to_literal_transformer
        self._read = from_literal_transformer

    def get_literal_type(self, t: Any = None) -> "wire.types.LiteralType":
        return self._literal_type

    def to_literal(
        self, ctx: FlyteContext, python_val: Any, python_type: Any, expected: "wire.types.LiteralType"
    ) -> "wire.literals.Literal":
        if type(python_val) is not self.python_type:
            raise TypeTransformerFailedError(f"a {type_name(type(python_val))} is no {type_name(self.python_type)}")
        return self._write(python_val)

    def to_python_value(self, ctx: FlyteContext, lv: "wire.literals.Literal", expected_python_type: Any) -> Any:
        return self._read(lv)


class AsyncTypeTransformer(TypeTransformer[T]):
    """A transformer whose methods are ``async``: ``async_to_literal`` and ``async_to_python_value``."""

    async def async_to_literal(
        self, ctx: FlyteContext, python_val: Any, python_type: Any, expected: "wire.types.LiteralType"
    ) -> "wire.literals.Literal":
        """Return the literal of a value."""
        raise NotImplementedError(f"{type(self).__name__} does not write its values: async_to_literal")

    async def async_to_python_value(
        self, ctx: FlyteContext, lv: "wire.literals.Literal", expected_python_type: Any
    ) -> Any:
        """Return the value of a literal."""
        raise NotImplementedError(f"{type(self).__name__} does not read its literals: async_to_python_value")

    def to_literal(
        self, ctx: FlyteContext, python_val: Any, python_type: Any, expected: "wire.types.LiteralType"
    ) -> "wire.literals.Literal":
        literal: wire.literals.Literal = _to_end(self.async_to_literal(ctx, python_val, python_type, expected))
        return literal

    def to_python_value(self, ctx: FlyteContext, lv: "wire.literals.Literal", expected_python_type: Any) -> Any:
        return _to_end(self.async_to_python_value(ctx, lv, expected_python_type))


def _to_end(coroutine: Any) -> Any:
    """Run a coroutine in a thread of its own, for here a loop may be running already."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, thread_name_prefix="livedeck-transformer") as pool:
        return pool.submit(asyncio.run, coroutine).result()


class TypeEngine:
    """The transformers that are registered, and the types that livedeck knows by itself."""

    _transformers: ClassVar[dict[Any, TypeTransformer[Any]]] = {}

    @classmethod
    def register(cls, transformer: TypeTransformer[Any], additional_types: Iterable[Any] | None = None) -> None:
        """Register a transformer for its type, and for others.

        Raises:
            UserError: the type has one already.
        """
        kinds = [transformer.python_type, *(additional_types or ())]
        for kind in kinds:
            there = cls._transformers.get(kind)
            if there is not None and type(there) is not type(transformer):
                raise UserError(f"{type_name(kind)} has the transformer {there.name!r} already")
        for kind in kinds:
            cls._transformers[kind] = transformer
        forget_handlers()

    @classmethod
    def register_additional_type(
        cls, transformer: TypeTransformer[Any], additional_type: Any, override: bool = False
    ) -> None:
        """Register a transformer for one more type, unless that has one and ``override`` is not given."""
        if override or additional_type not in cls._transformers:
            cls._transformers[additional_type] = transformer
            forget_handlers()

    @classmethod
    def find(cls, python_type: Any) -> TypeTransformer[Any] | None:
        """Return the transformer of a type or of one that it derives from; None: livedeck's own handling."""
        origin = typing.get_origin(python_type) or python_type
        bases = inspect.getmro(origin) if isinstance(origin, type) else (origin,)
        return next((cls._transformers[base] for base in bases if base in cls._transformers), None)

    @classmethod
    def get_transformer(cls, python_type: Any) -> TypeTransformer[Any]:
        """Return the transformer of a type.

        Raises:
            UnsupportedType: none is registered.
        """
        found = cls.find(python_type)
        if found is None:
            raise UnsupportedType(f"{type_name(python_type)} has no transformer of its own")
        return found

    @classmethod
    def to_literal_type(cls, python_type: Any) -> "wire.types.LiteralType":
        """Return Flyte's name of any type."""
        return handler_for(python_type).literal_type()

    @classmethod
    def to_literal(
        cls, ctx: FlyteContext, python_val: Any, python_type: Any, expected: "wire.types.LiteralType | None" = None
    ) -> "wire.literals.Literal":
        """Return the literal of a value of any type.

        Raises:
            TypeMismatch: it is not of the type.
        """
        handler = handler_for(python_type)
        return handler.encode(handler.accept(python_val), ctx.file_access.data)

    @classmethod
    def to_python_value(cls, ctx: FlyteContext, lv: "wire.literals.Literal", expected_python_type: Any) -> Any:
        """Return the value of a literal of any type.

        Raises:
            TypeMismatch: the literal is of another.
        """
        return handler_for(expected_python_type).decode(lv, ctx.file_access.data)


class TransformedHandler(Handler):
    """A type with a transformer."""

    def __init__(self, python_type: Any, transformer: TypeTransformer[Any]) -> None:
        super().__init__(python_type)
        self._transformer = transformer
        self.tag = transformer.name  # type: ignore[misc] # of each transformer
        self._origin = typing.get_origin(python_type) or python_type

    def accept(self, value: Any) -> Any:
        if self._transformer.type_assertions_enabled and not isinstance(value, self._origin):
            raise self.mismatch(value)
        return value

    def literal_type(self) -> "wire.types.LiteralType":
        return self._transformer.get_literal_type(self.type)

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        try:
            return self._transformer.to_literal(FlyteContext(data), value, self.type, self.literal_type())
        except (TypeTransformerFailedError, TypeError, ValueError) as error:
            raise self.mismatch(value, f"its transformer {self.tag!r} says: {error}") from error

    def decode(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        return self.read(literal, data)

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        return self._transformer.to_python_value(FlyteContext(data), literal, self.type)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self.encode(self.accept(value), data).SerializeToString(deterministic=True)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        if not isinstance(plain, bytes):
            raise self.mismatch(plain)
        return self.read(wire.literals.Literal.FromString(plain), data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return isinstance(plain, bytes)

    def from_json(self, obj: Any) -> Any:
        raise self.mismatch(obj, "such a value cannot be written as JSON: let a task make it")

    def to_json(self, value: Any) -> Any:
        return shorten(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def describe(self) -> str:
        return f"{type_name(self.type)}, which cannot be given here"


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if a transformer of the type is registered."""
    transformer = TypeEngine.find(python_type)
    return TransformedHandler(python_type, transformer) if transformer is not None else None
