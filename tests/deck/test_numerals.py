"""Python and the browser write numbers alike: both run the cases of written_cases.json."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import numerals

CASES = json.loads((Path(__file__).parent.parent / "fixtures" / "written_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("value", "text"), CASES["numbers"])
def test_numbers(value: float, text: str) -> None:
    assert numerals.format_number(value) == text


@pytest.mark.parametrize(("value", "resolution", "text"), CASES["numbers with a resolution"])
def test_numbers_with_a_difference_that_must_be_visible(value: float, resolution: float, text: str) -> None:
    assert numerals.format_number(value, resolution) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["durations"])
def test_durations(seconds: float, text: str) -> None:
    assert numerals.format_duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["ages"])
def test_ages(seconds: float, text: str) -> None:
    assert numerals.format_age(seconds) == text


@pytest.mark.parametrize(("count", "text"), CASES["sizes"])
def test_sizes(count: float, text: str) -> None:
    assert numerals.format_size(count) == text


@pytest.mark.parametrize(("seconds", "zone", "text"), CASES["moments"])
def test_moments(seconds: float, zone: str, text: str) -> None:
    assert numerals.format_moment(seconds, zone=zone) == text


@pytest.mark.parametrize(("value", "text"), CASES["briefly"])
def test_numbers_where_there_is_little_room(value: float, text: str) -> None:
    assert numerals.format_briefly(value) == text


@pytest.mark.parametrize(("share", "text"), CASES["shares"])
def test_shares(share: float, text: str) -> None:
    assert numerals.format_share(share) == text


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_is_shown_to_the_microsecond(moment: datetime) -> None:
    assert numerals.moment_of(moment.timestamp()) == moment


def test_what_is_no_number_has_words() -> None:
    assert [numerals.format_number(value) for value in (math.inf, -math.inf, math.nan)] == [
        "Infinity",
        "-Infinity",
        "NaN",
    ]
    assert numerals.format_duration(math.nan) == "–"  # noqa: RUF001
    assert numerals.format_age(math.nan) == "–"  # noqa: RUF001


def test_values_and_deltas() -> None:
    assert [numerals.format_value(value) for value in (None, True, False, "warm", 2)] == [
        "–",  # noqa: RUF001
        "true",
        "false",
        "warm",
        "2",
    ]
    assert numerals.format_delta(-0.5) == "0.5"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_never_shown_as_one_it_is_not(value: float) -> None:
    shown = float(numerals.format_number(value).replace(",", ""))
    assert shown == pytest.approx(value, rel=5.1e-6, abs=0)
    if abs(value) < 1e21:
        assert shown.is_integer() == value.is_integer()
        assert math.floor(shown) == math.floor(value)


@given(st.integers(-(10**20), 10**20))
def test_whole_numbers_are_exact(value: int) -> None:
    assert float(numerals.format_number(value).replace(",", "")) == float(value)
