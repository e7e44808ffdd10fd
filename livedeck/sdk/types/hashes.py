"""``Annotated[T, HashMethod(...)]``: values that are known by a hash of the author's own where outputs are cached."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from livedeck.sdk.types.handler import Handler, Plain, Resolve

if TYPE_CHECKING:
    from livedeck.sdk.types import wire
    from livedeck.sdk.types.dataplane import DataPlane

T = TypeVar("T")


class HashMethod(Generic[T]):
    """Tells the hash of a value by which a task that is given it finds its cached outputs.

    A file, frame or pickle lies at another URI with every run, so that without a hash of its content a task that takes
    one never finds cached outputs.

    Args:
        function: takes a value and returns a text.
    """

    def __init__(self, function: Callable[[T], str]) -> None:
        self._function = function

    def calculate(self, obj: T) -> str:
        """Return the hash of a value.

        Args:
            obj: the value.
        """
        return self._function(obj)


class BatchSize:
    """How many files or items flytekit uploads at once: ``Annotated[FlyteDirectory, BatchSize(10)]``.

    Accepted, and of no consequence: a few are uploaded at once, whatever it says.

    Args:
        val: the number.
    """

    def __init__(self, val: int) -> None:
        self.val = val


class HashedHandler(Handler):
    """A type whose values carry a hash; everything else is as without."""

    def __init__(self, inner: Handler, method: HashMethod[Any]) -> None:
        super().__init__(inner.type)
        self._inner = inner
        self._method = method
        self.tag = inner.tag  # type: ignore[misc] # of the type that it stands for

    @property
    def parts(self) -> Sequence[Handler]:
        return self._inner.parts

    @property
    def refusal(self) -> str:
        return self._inner.refusal

    def accept(self, value: Any) -> Any:
        return self._inner.accept(value)

    def literal_type(self) -> "wire.types.LiteralType":
        return self._inner.literal_type()

    def field_type(self) -> "wire.types.LiteralType | None":
        return self._inner.field_type()

    def encode(self, value: Any, data: "DataPlane") -> "wire.literals.Literal":
        literal = self._inner.encode(value, data)
        found = self._method.calculate(value)
        if not isinstance(found, str):
            raise self.mismatch(found, "the function of a HashMethod returns a text")
        literal.hash = found
        return literal

    def decode(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        return self._inner.decode(literal, data)

    def read(self, literal: "wire.literals.Literal", data: "DataPlane") -> Any:
        return self._inner.read(literal, data)

    def pack(self, value: Any, data: "DataPlane") -> Plain:
        return self._inner.pack(value, data)

    def unpack(self, plain: Plain, data: "DataPlane") -> Any:
        return self._inner.unpack(plain, data)

    def writes(self, plain: Plain, data: "DataPlane") -> bool:
        return self._inner.writes(plain, data)

    def from_json(self, obj: Any) -> Any:
        return self._inner.from_json(obj)

    def to_json(self, value: Any) -> Any:
        return self._inner.to_json(value)

    def schema(self) -> dict[str, Any]:
        return self._inner.schema()

    def describe(self) -> str:
        return self._inner.describe()


def wrapped(python_type: Any, annotations: tuple[Any, ...], resolve: Resolve) -> Handler | None:
    """Return the handler if a ``HashMethod`` stands beside the type."""
    method = next((each for each in annotations if isinstance(each, HashMethod)), None)
    if method is None:
        return None
    others = tuple(each for each in annotations if each is not method)
    annotated = _annotated(python_type, others) if others else python_type
    return HashedHandler(resolve(annotated), method)


def _annotated(python_type: Any, annotations: tuple[Any, ...]) -> Any:
    from typing import Annotated

    return Annotated.__class_getitem__((python_type, *annotations))  # type: ignore[attr-defined]
