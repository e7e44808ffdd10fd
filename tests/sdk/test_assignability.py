import dataclasses
import enum
from datetime import datetime
from typing import Annotated, Any, Dict, List, NotRequired, Optional, Protocol, TypedDict, Union

import pytest

from livedeck.sdk.assignability import is_assignable, is_same


@dataclasses.dataclass
class A:
    x: int


@dataclasses.dataclass
class B:
    x: int


class Color(enum.Enum):
    RED = "red"


class Hue(enum.Enum):
    RED = "red"


class Size(enum.Enum):
    BIG = "big"


class Row(TypedDict):
    a: int


class Wide(Row):
    b: int


class Loose(TypedDict, total=False):
    a: int


class Other(TypedDict):
    a: str


class Noted(TypedDict):
    a: int
    note: NotRequired[str]


class Sized(Protocol):
    size: int


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (int, int),
        (int, Optional[int]),
        (int, int | str),
        (Union[int, None], Optional[int]),
        (list[int], list[int]),
        (list[int], list[int | str]),
        (dict[str, int], dict[str, int]),
        (list[int], list),
        (Any, int),
        (int, Any),
        (Annotated[int, "a"], int),
        (None, Optional[int]),
        (A, A),
        (Color, Hue),
        (list[A], list[A]),
        (Row, Row),
        (Wide, Row),
        (Row, Loose),
        (Noted, Row),
        (list[Wide], list[Row] | None),
    ],
)
def test_these_fit(source: Any, target: Any) -> None:
    assert is_assignable(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Row, Wide),
        (Loose, Row),
        (Row, Other),
        (Row, A),
        (A, Row),
        (Row, dict[str, int]),
        (int, str),
        (int, float),
        (Optional[int], int),
        (int | str, int | float),
        (list[int], list[str]),
        (list[int], dict[str, int]),
        (dict[str, int], dict[str, str]),
        (A, B),
        (Color, Size),
        (datetime, str),
        (int, list[int]),
    ],
)
def test_these_do_not_fit(source: Any, target: Any) -> None:
    assert not is_assignable(source, target)


def test_frames_of_different_libraries_fit() -> None:
    import pandas as pd
    import polars as pl

    assert is_assignable(pd.DataFrame, pl.DataFrame)


class Opaque:
    def __init__(self, handle: object) -> None:
        self.handle = handle


class Sharper(Opaque):
    pass


class Unrelated:
    def __init__(self, handle: object) -> None:
        self.handle = handle


@pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")
def test_pickled_classes_fit_only_themselves_and_their_bases() -> None:
    assert is_assignable(Sharper, Opaque)
    assert not is_assignable(Opaque, Sharper)
    assert not is_assignable(Opaque, Unrelated)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (List[int], list[int], True),
        (Dict[str, List[int]], dict[str, list[int]], True),
        (Optional[List[int]], None | list[int], True),
        (Annotated[List[int], "counts"], list[Annotated[int, "a count"]], True),
        (List[int], list[float], False),
        (List[int], dict[str, int], False),
        (Optional[int], int, False),
        (list[A], list[B], False),
        (list[Any], list[int], False),
        (tuple[int, str], tuple[int], False),
    ],
)
def test_types_are_the_same_however_they_are_written(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is is_same(other, one) is same
