import threading
import typing
import warnings
from typing import Any

import pytest

from livedeck.errors import TypeMismatch
from livedeck.sdk.types import PickleWarning, accept, from_json, from_literal, require, to_json, to_literal
from livedeck.sdk.types.dataplane import DataPlane
from livedeck.sdk.types.handler import Handler, Resolve
from livedeck.sdk.types.registry import Registry
from livedeck.sdk.types.scalars import StrHandler


class Weights:
    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Weights) and self.numbers == other.numbers

    __hash__ = None  # type: ignore[assignment]


quietly = pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")


def test_a_warning_says_so_once_per_type_and_names_the_users_line() -> None:
    class Biases(Weights):  # types that no other test has shown
        pass

    class Gains(Weights):
        pass

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            require(Biases)
            accept(Biases([1]), Biases)
        require(Gains)
    assert [str(warning.message).split(" has")[0] for warning in caught] == ["Biases", "Gains"]
    assert all(warning.category is PickleWarning and warning.filename == __file__ for warning in caught)


@quietly
@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        (Weights([1, 2]), Weights),
        (1 + 2j, complex),
        ({1, 2}, set[int]),
        (b"x", bytes),
        (None, Any),
        ([Weights([1])], list[Weights]),
    ],
)
def test_carried(value: Any, python_type: Any, data: DataPlane) -> None:
    assert from_literal(to_literal(value, python_type, data), python_type, data) == value


@quietly
def test_functions_are_carried(data: DataPlane) -> None:
    double = from_literal(to_literal(lambda x: x * 2, typing.Callable[[int], int], data), typing.Callable, data)
    assert double(4) == 8


@quietly
def test_values_of_other_types_are_refused() -> None:
    with pytest.raises(TypeMismatch, match="must be Weights, not 3"):
        accept(3, Weights)
    with pytest.raises(TypeMismatch):
        accept(None, Weights)


@quietly
def test_what_cannot_be_pickled_is_refused(data: DataPlane) -> None:
    with pytest.raises(TypeMismatch, match="it cannot be pickled"):
        to_literal(Weights(threading.Lock()), Weights, data)


@quietly
def test_what_cannot_be_unpickled_says_so(data: DataPlane) -> None:
    literal = to_literal(Weights([1]), Weights, data)
    literal.scalar.blob.uri = data.put_bytes(b"garbage", "x")
    with pytest.raises(TypeMismatch, match="it cannot be unpickled here"):
        from_literal(literal, Weights, data)


@quietly
def test_json_can_only_show_it() -> None:
    assert "Weights" in to_json(Weights([1]), Weights)
    with pytest.raises(TypeMismatch, match="let a task make it"):
        from_json({"numbers": [1]}, Weights)


@quietly
def test_any_is_plain_json_where_it_can_be() -> None:
    assert from_json({"a": [1, None]}, Any) == {"a": [1, None]}
    assert to_json({"a": (1, None)}, Any) == {"a": [1, None]}
    assert "Weights" in to_json(Weights([1]), Any)


def test_a_family_of_ones_own_comes_first(data: DataPlane) -> None:
    class Upper(StrHandler):
        def accept(self, value: str) -> str:
            return super().accept(value).upper()

    def family(python_type: Any, resolve: Resolve) -> Handler | None:
        return Upper(str) if python_type is Weights else None

    registry = Registry([lambda *_: None], None)
    registry.add(family)
    assert registry(Weights).accept("a") == "A"
