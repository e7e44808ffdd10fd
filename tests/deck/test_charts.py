"""What is appended to a chart: where it stands, and what is said of what has no place."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from livedeck.deck import coerce, segments, snapshot
from livedeck.deck.kinds.chart import LineChart
from livedeck.deck.ops import Chart, Document, Put, Segment, Series, Tab
from livedeck.deck.page import Page
from livedeck.errors import DeckError
from tests.deck.applying import apply_ops

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def chart(page: Page) -> LineChart:
    return page.deck("d").chart("c")


def held(page: Page, document: Document | None = None) -> Chart:
    (deck,) = apply_ops(document or Document(), page.take().ops()).decks
    (element,) = deck.elements
    assert isinstance(element, Chart)
    return element


def test_any_iterable_is_a_column(page: Page, chart: LineChart) -> None:
    chart.append(range(5), v=(k * k for k in range(5)))
    chart.append((k for k in (5, 6)), {"v": iter([25, 36]), "w": map(float, "12")})
    shown = held(page)
    assert [(line.name, line.x, line.y) for line in shown.series] == [
        ("v", [0, 1, 2, 3, 4, 5, 6], [0, 1, 4, 9, 16, 25, 36]),
        ("w", [5, 6], [1, 2]),
    ]
    assert shown.notes == {}


def test_an_iterator_without_end_is_taken_as_far_as_x_goes(page: Page, chart: LineChart) -> None:
    chart.append([1, 2], v=itertools.count())
    shown = held(page)
    assert shown.series[0].y == [0, 1]
    assert shown.notes == {"x has 2 values, and v has more": 1}


@pytest.mark.slow
def test_a_range_of_any_length_is_taken_in_part(page: Page, chart: LineChart) -> None:
    chart.append(range(10**12), v=range(10**12))
    chart.append([1, 2], w=range(10**12))
    shown = held(page)
    assert [len(line.x) for line in shown.series] == [coerce.MOST, 2]
    assert shown.notes == {f"x has {coerce.MOST:,} values, and v has more": 1, "x has 2 values, and w has more": 1}


def test_what_cannot_be_drawn_is_said_and_counted(page: Page, chart: LineChart) -> None:
    for week in range(10):
        chart.append(f"week {week}", v=week)
    chart.append(1, v="diverged")
    chart.append(2, v=float("inf"))
    chart.append([3, 4, 5], v=[1, 2])
    chart.append([3, 4, 5], v=7)
    shown = held(page)
    assert shown.notes == {
        "x is no number, date or time: 'week 0'": 10,
        "v is no finite number: 'diverged'": 2,
        "x has 3 values, and v has 2": 1,
        "x has 3 values, and v is 7": 3,
    }
    assert (shown.series[0].x, shown.series[0].y) == ([1, 2, 3, 4], [None, None, 1, 2])


def test_what_is_missing_is_a_gap_without_words(page: Page, chart: LineChart) -> None:
    chart.append([1, 2, 3, 4], v=[None, float("nan"), pd.NA, 4])
    assert held(page).notes == {}


def test_notes_add_up_over_publishes(page: Page, chart: LineChart) -> None:
    chart.append("a", v=1)
    before = apply_ops(Document(), page.take().ops())
    chart.append(["b", "c"], v=[1, 2])
    assert held(page, before).notes == {"x is no number, date or time: 'a'": 3}


def test_there_are_few_notes_however_many_lines(page: Page, chart: LineChart) -> None:
    for number in range(100):
        chart.append(1, {f"line {number}": "x"})
    notes = held(page).notes
    assert len(notes) == 9
    assert notes["other values are no numbers"] == 92


@pytest.mark.parametrize(
    ("times", "zone", "seconds"),
    [
        ([NOON, NOON + timedelta(minutes=1)], "UTC", [1714564800, 1714564860]),
        ([NOON.astimezone(timezone(timedelta(hours=2)))], "UTC", [1714564800]),
        ([datetime(2024, 5, 1, 12)], "", [1714564800]),  # noqa: DTZ001 - without a zone
        ([date(2024, 5, 1), date(2024, 5, 2)], "", [1714521600, 1714608000]),
        ([pd.Timestamp("2024-05-01 12:00")], "", [1714564800]),
        ([pd.Timestamp("2024-05-01 12:00", tz="Europe/Berlin")], "UTC", [1714557600]),
        (np.array(["2024-05-01T12:00"], dtype="datetime64[ns]"), "", [1714564800]),
        (pd.Series(pd.to_datetime(["2024-05-01 12:00"])).dt.tz_localize("Europe/Berlin"), "UTC", [1714557600]),
        ([np.datetime64("2024-05-01T12:00:00.123456789")], "", ["1714564800.123456789"]),
        (np.array(["2024-05-01T12:00:00.000000001"], dtype="datetime64[ns]"), "", ["1714564800.000000001"]),
        ([pd.Timestamp("1969-12-31T23:59:59.999999999Z")], "UTC", ["-0.000000001"]),
        ([datetime(2900, 1, 1, microsecond=1, tzinfo=UTC)], "UTC", ["29348006400.000001"]),
        ([1, 2.5, Decimal("3.5"), np.int32(4), True], None, [1, 2.5, 3.5, 4, 1]),
        ([timedelta(minutes=1)], None, [60]),
    ],
)
def test_times_and_dates_stand_on_an_axis_of_times(
    page: Page, chart: LineChart, times: list[Any] | np.ndarray, zone: str | None, seconds: list[float]
) -> None:
    chart.append(times, v=range(len(times)))
    for when in times:
        chart.append(when, w=1)
    shown = held(page)
    assert shown.zone == zone
    assert [line.x for line in shown.series] == [seconds, seconds]
    assert shown.notes == {}


def test_numbers_and_times_are_not_mixed(page: Page, chart: LineChart) -> None:
    chart.append(NOON, v=1)
    chart.append(1, v=2)
    chart.append(datetime(2024, 5, 1), v=3)  # noqa: DTZ001
    shown = held(page)
    assert shown.series[0].y == [1]
    assert shown.notes == {
        "x is a number, not a time with a zone as before: 1": 1,
        "x is a time without a zone, not a time with a zone as before: datetime.datetime(2024, 5, 1, 0, 0)": 1,
    }


def test_the_zone_reaches_a_chart_that_was_published_empty(page: Page, chart: LineChart) -> None:
    before = apply_ops(Document(), page.take().ops())
    chart.append(NOON, v=1)
    assert held(page, before).zone == "UTC"


def test_integers_beyond_those_of_a_browser_are_there_in_digits(page: Page, chart: LineChart) -> None:
    chart.append([2**53, 2**53 + 1, 10**400], v=[1, 2, 3])
    chart.append(np.int64(2**63 - 1), v=np.uint64(2**64 - 1), w=Decimal(2**53 + 1))
    chart.append(np.array([-(2**63)]), v=np.array([2**63], dtype=np.uint64))
    chart.band(1, v=(-(2**63), 2**63 - 1))
    shown = held(page)
    assert shown.series[0].x == [2**53, str(2**53 + 1), str(2**63 - 1), str(-(2**63))]
    assert shown.series[0].y == [1, 2, str(2**64 - 1), str(2**63)]
    assert shown.series[1].y == [str(2**53 + 1)]
    assert shown.bands[0].bounds == [[str(-(2**63))], [str(2**63 - 1)]]
    assert list(shown.notes.values()) == [1]
    sent = segments.encode(Segment(1, "", [Put("d", shown)]))
    assert segments.decode(sent).ops == [Put("d", shown)]
    assert snapshot.parse(snapshot.render(Document(1, "", [Tab("d", [shown])]), live=False)) == Document(
        1, "", [Tab("d", [shown])]
    )


@pytest.mark.parametrize("text", ["1e5", "<b>", "", "1\n", "0x10", "NaN", "1,2"])
def test_a_text_that_is_not_digits_is_no_number(text: str) -> None:
    sent = segments.encode(Segment(1, "", [Put("d", Chart("c", "c", [Series("v", [1], [text])]))]))
    with pytest.raises(DeckError, match="not a segment"):
        segments.decode(sent)


def drawn(chart: Chart) -> str:
    return snapshot.render(Document(1, "", [Tab("d", [chart])]), live=False).decode()


def test_a_saved_chart_shows_every_pass_of_x_and_says_so(page: Page, chart: LineChart) -> None:
    for epoch in range(3):
        for step in range(10):
            chart.append(step, loss=epoch + step / 10)
    shown = drawn(held(page))
    lines = re.findall(r'<polyline[^>]*points="([^"]*)"', shown)
    assert [len(line.split()) for line in lines] == [10, 10, 10]
    assert "x of loss starts again 2 times; each pass is a line of its own" in shown


def test_a_saved_chart_draws_points_out_of_order_in_the_order_of_x(page: Page, chart: LineChart) -> None:
    chart.append([3, 1, 2], v=[30, 10, 20])
    (line,) = re.findall(r'<polyline[^>]*points="([^"]*)"', drawn(held(page)))
    places = [float(place.split(",")[0]) for place in line.split()]
    assert places == sorted(places)
    assert len(places) == 3


def test_a_line_that_goes_round_is_drawn_round(page: Page, chart: LineChart) -> None:
    chart.append([1, 0, -1, 0, 1], v=[0, 1, 0, -1, 0])
    shown = drawn(held(page))
    (line,) = re.findall(r'<polyline[^>]*points="([^"]*)"', shown)
    assert len(line.split()) == 5
    assert "x of v starts again" not in shown


def test_a_saved_chart_has_marks_of_its_own_and_its_notes(page: Page, chart: LineChart) -> None:
    chart.append([NOON, NOON + timedelta(minutes=9)], v=[123456.1, 123456.29])
    chart.append("a week", v=1)
    shown = drawn(held(page))
    ticks = re.findall(r'<span class="ld-tick ld-tick-y"[^>]*>(.*?)</span>', shown)
    assert len(ticks) >= 3
    assert len(set(ticks)) == len(ticks)
    assert "12:02" in shown
    assert "1 May 2024 UTC" in shown
    assert "x is no number, date or time: &#x27;a week&#x27; (1 point)" in shown


def test_lines_beyond_the_eighth_are_dashed(page: Page, chart: LineChart) -> None:
    chart.append([1, 2], {f"s{index}": [index, index] for index in range(10)})
    assert drawn(held(page)).count("stroke-dasharray:6 4") == 2
