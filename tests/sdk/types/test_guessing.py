import datetime as dt
import enum

import pytest

from livedeck.errors import UnsupportedType
from livedeck.sdk.types import Directory, File, from_json, guess, guess_type, literal_to_json, literal_type, to_literal


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (1, int),
        (True, bool),
        (None, type(None)),
        ("x", str),
        ({"a": 1}, dict),
        ([1, 2], list[int]),
        ([1, "a"], list[int | str]),
        ([[1], [2]], list[list[int]]),
        ([], list[type(None)]),
    ],
)
def test_of_json(obj, expected):
    assert guess(obj) == expected
    assert from_json(obj, guess(obj)) == obj


@pytest.mark.parametrize(
    "python_type",
    [
        bool,
        int,
        float,
        str,
        type(None),
        dt.datetime,
        dt.timedelta,
        dict,
        list[int],
        dict[str, list[float]],
        int | None,
        File,
        File["csv"],
        Directory,
        list[File | None],
    ],
    ids=str,
)
def test_of_literal_types(python_type):
    assert guess_type(literal_type(python_type)) == python_type


def test_an_enum_of_another_program_is_its_words():
    python_type = guess_type(literal_type(Color))
    assert from_json("red", python_type) == "red"


@pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning")
def test_what_only_the_other_program_can_make():
    with pytest.raises(UnsupportedType, match="only be made by the program that declared it"):
        guess_type(literal_type(complex))


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        ([1, 2], list[int], [1, 2]),
        ({"a": 0.5}, dict[str, float], {"a": 0.5}),
        (None, int | None, None),
        (3, int | str, 3),
        (float("nan"), float, "NaN"),
        (dt.datetime(2026, 11, 24, tzinfo=dt.UTC), dt.datetime, "2026-11-24T00:00:00+00:00"),
        (dt.timedelta(minutes=90), dt.timedelta, "5400s"),
        ({"a": [b"x", None]}, dict, {"a": ["eA==", None]}),
        ({3: "x"}, dict[int, str], {"3": "x"}),
        (File("s3://b/x"), File, "s3://b/x"),
        (Color.RED, Color, "red"),
    ],
)
def test_literals_are_shown_without_their_type(value, python_type, expected, data):
    assert literal_to_json(to_literal(value, python_type, data)) == expected
