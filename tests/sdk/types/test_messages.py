import dataclasses
import datetime as dt
import enum
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livedeck.errors import TypeMismatch, UnsupportedType
from livedeck.sdk.types import Directory, File, Location, accept, from_json, require
from livedeck.sdk.types.mismatches import shorten

WHERE = Location("train", "epochs")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.0


class Measured(typing.Protocol):
    size: int


@dataclasses.dataclass
class Point3(Point):
    z: float = 0.0


def message(value: Any, python_type: Any, convert: Callable[..., Any] = accept) -> str:
    with pytest.raises(TypeMismatch) as caught:
        convert(value, python_type, WHERE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        ("ten", int, "train: input 'epochs' must be int, not 'ten' (str)"),
        (True, int, "train: input 'epochs' must be int, not True (bool): a bool is not taken for a number here"),
        (1.5, int, "train: input 'epochs' must be int, not 1.5 (float): use int(...) or round(...) if that is meant"),
        (None, int, "train: input 'epochs' must be int, not None"),
        (2**63, int, "train: input 'epochs' must be int, not 9223372036854775808 (int): Flyte's integers have 64 bits"),
        (1, bool, "train: input 'epochs' must be bool, not 1 (int)"),
        (True, float, "train: input 'epochs' must be float, not True (bool)"),
        (1, str, "train: input 'epochs' must be str, not 1 (int)"),
        ((1,), list[int], "train: input 'epochs' must be list[int], not (1,) (tuple): use list(...)"),
        ([1, "a"], list[int], "train: input 'epochs'[1] must be int, not 'a' (str)"),
        ({"a": [1, None]}, dict[str, list[int]], "train: input 'epochs'['a'][1] must be int, not None"),
        ({1: 1}, dict[str, int], "train: input 'epochs' key must be str, not 1 (int)"),
        ("x", int | None, "train: input 'epochs' must be int | None, not 'x' (str)"),
        (["x"], list[int] | None, "train: input 'epochs'[0] must be int, not 'x' (str)"),
        ("green", Color, "train: input 'epochs' must be Color, not 'green' (str): it is one of red, blue"),
        ("c", typing.Literal["a", "b"], "train: input 'epochs' must be Literal['a', 'b'], not 'c' (str)"),
        (Point("a"), Point, "train: input 'epochs'.x must be int, not 'a' (str)"),  # type: ignore[arg-type]
        ({"x": 1}, Point, "train: input 'epochs' must be Point, not {'x': 1} (dict): use Point(**value)"),
        ("/nope", File, "train: input 'epochs' must be File, not '/nope' (str): there is no such file here"),
        ("/nope", Directory, "must be Directory, not '/nope' (str): there is no such folder here"),
        (dt.date(2026, 1, 1), dt.datetime, "use datetime.combine(...)"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.date, "use .date()"),
        ({"a": {1}}, dict, "input 'epochs'['a'] must be None, bool, int, float, str, bytes, or a list or dict of"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_and_where(value: Any, python_type: Any, expected: str) -> None:
    assert expected in message(value, python_type)


@pytest.mark.parametrize(
    ("obj", "python_type", "expected"),
    [
        ({"y": 1}, Point, "train: input 'epochs' must be Point, not {'y': 1} (dict): it lacks x"),
        ({"x": 1, "yy": 2}, Point, "it has no field 'yy': did you mean 'y'?"),
        ({"x": 1, "weird": 2}, Point, "it has no field 'weird'; it has x, y"),
        (5, Point, "write a JSON object with x, y"),
        ("yesterday", dt.datetime, "write it as 2026-11-24T15:04:05Z"),
        (20261124, dt.date, "write it as 2026-11-24"),
        ("soon", dt.timedelta, "write a number of seconds, or 90s, 1h30m or 2d"),
        (3.0, int, "must be int, not 3.0"),
        ([1], dict, "must be dict"),
        (1, File, "write a path or a URI"),
    ],
)
def test_says_what_to_write_in_json(obj: Any, python_type: Any, expected: str) -> None:
    assert expected in message(obj, python_type, from_json)


def test_names_the_role() -> None:
    with pytest.raises(TypeMismatch, match=r"^load: output 'o0' must be"):
        accept("x", int, Location("load", "o0", "output"))
    with pytest.raises(TypeMismatch, match=r"^value must be"):
        accept("x", int)


def test_a_mismatch_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        accept("x", int)


def test_a_subclass_with_more_fields_would_lose_them() -> None:
    assert "z would be lost: declare Point3" in message(Point3(1), Point)
    accept(Point3(1), Point | Point3)


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        (1, float, 1.0),
        (np.float32(0.5), float, 0.5),
        (np.int64(3), int, 3),
        (np.int64(3), float, 3.0),
        (np.bool_(True), bool, True),
        (np.str_("a"), str, "a"),
        ("red", Color, Color.RED),
        ("RED", Color, Color.RED),
        ([1, 2.0], list[float], [1.0, 2.0]),
        (1, float | int, 1),
        ("red", Color | str, "red"),
        (dt.datetime(2026, 1, 1), dt.datetime, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ({"a": (1, 2)}, dict, {"a": [1, 2]}),
    ],
)  # fmt: skip
def test_takes_what_loses_nothing(value: Any, python_type: Any, expected: Any) -> None:
    accepted = accept(value, python_type)
    assert accepted == expected
    assert type(accepted) is type(expected)


def test_what_needs_no_conversion_stays_the_same_object() -> None:
    for value, python_type in [
        ([1, 2], list[int]),
        ({"a": [1]}, dict[str, list[int]]),
        (Point(1), Point),
        ([], list[int] | None),
    ]:
        assert accept(value, python_type) is value


@pytest.mark.parametrize(
    ("python_type", "expected"),
    [
        (list, r"list has the type|write list\[int\]"),
        (tuple[int, int], "Flyte has no tuples: use a list or a dataclass"),
        (dict[tuple[int, int], str], "the keys of a dict can be"),
        (enum.Flag("F", "A B"), "a Flag is not one of its members"),
        (enum.Enum("E", []), "an Enum without members"),
        (typing.Literal["a", 1], "must be all str, all int or all bool"),
        (__import__("pathlib").Path, "use File or Directory"),
        ("int", "is not a type"),
        (3, "is not a type"),
        (typing.TypeVar("T"), "is not a type"),
    ],
)
def test_says_why_a_type_cannot_be_carried(python_type: Any, expected: str) -> None:
    with pytest.raises(UnsupportedType, match=expected):
        require(python_type)
    with pytest.raises(UnsupportedType, match=r"^train: input 'epochs' has the type .*, but "):
        require(list[python_type] if isinstance(python_type, type) else python_type, WHERE)


def test_an_annotation_that_cannot_be_read() -> None:
    @dataclasses.dataclass
    class Broken:
        other: "Missing"  # type: ignore[name-defined]  # noqa: F821 - on purpose

    with pytest.raises(UnsupportedType, match="Broken: an annotation of it cannot be read: name 'Missing'"):
        require(Broken)


class Rude:
    def __repr__(self) -> None:  # type: ignore[override]
        raise RuntimeError("no")


def endless() -> list[list[list[list[Any]]]]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 10**7, id="long text"),
        pytest.param(10**10_000, id="long number"),
        pytest.param(list(range(10**6)), id="long list"),
        pytest.param(endless(), id="endless"),
        pytest.param(Rude(), id="rude"),
        pytest.param([Rude()], id="rude inside"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param({"a": "b" * 10**6}, id="dict"),
        pytest.param(b"x" * 10**6, id="bytes"),
    ],
)
def test_any_value_can_be_shown_in_a_line(value: Any) -> None:
    text = shorten(value)
    assert len(text) <= 160
    text.encode()
    assert len(message(value, bool)) < 300


@pytest.mark.parametrize(
    ("python_type", "expected"),
    [
        (Path, "train: input 'epochs' has the type Path, but a path means nothing to another task: use File"),
        (list, "train: input 'epochs' has the type list, but it cannot be carried between tasks: it does not say"),
        (list[Path], "has the type list[pathlib.Path], but Path: a path means nothing to another task"),
        (Measured, "has the type Measured, but no value can be checked against it: put @runtime_checkable on"),
    ],
)
def test_a_type_that_is_refused_is_named_once(python_type: Any, expected: str) -> None:
    with pytest.raises(UnsupportedType) as caught:
        require(python_type, WHERE)
    assert expected in str(caught.value)
