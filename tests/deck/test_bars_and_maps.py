"""Bars, histograms and heat maps: what is taken, what is said of what does not fit, what a change costs."""

import json
import math
import random
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from livedeck.deck import bar_plot, heat_plot, histogram_plot, snapshot
from livedeck.deck.digits import Number
from livedeck.deck.kinds.bars import CATEGORIES, Bars, categories
from livedeck.deck.kinds.heatmap import Heatmap
from livedeck.deck.kinds.histogram import MOST_BINS, Bins, Histogram
from livedeck.deck.ops import Document, Extend, Put, Tab
from livedeck.deck.page import Page
from livedeck.deck.segments import decode
from livedeck.errors import DeckError
from tests.deck.applying import apply_ops


@pytest.fixture
def page() -> Page:
    return Page()


def held(page: Page, document: Document | None = None) -> Any:
    (deck,) = apply_ops(document or Document(), page.take().ops()).decks
    return deck.elements[0]


def values(bars: Bars) -> dict[str, dict[str, Number | None]]:
    return {group.name: dict(zip(group.categories, group.values, strict=True)) for group in bars.groups}


def counts(histogram: Histogram) -> dict[str, dict[int, float]]:
    return {group.name: dict(zip(group.at, group.counts, strict=True)) for group in histogram.groups}


class TestBars:
    @pytest.mark.parametrize(
        ("given", "taken"),
        [
            ({"cat": 3, 7: 5}, {"": {"cat": 3, "7": 5}}),
            (pd.Series([1, 2], index=["a", "b"]), {"": {"a": 1, "b": 2}}),
            ({"train": {"a": 1}, "test": {"a": 2, "b": None}}, {"train": {"a": 1}, "test": {"a": 2, "b": None}}),
            (pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), {"x": {"a": 1, "b": 2}}),
        ],
    )
    def test_what_has_numbers_by_category_is_taken(self, page: Page, given: Any, taken: Any) -> None:
        page.deck("d").bar("b", given)
        assert values(held(page)) == taken

    def test_an_update_costs_what_it_changes(self, page: Page) -> None:
        bars = page.deck("d").bar("b", {f"class {n}": n for n in range(500)})
        before = apply_ops(Document(), page.take().ops())
        bars.update({"class 7": 1000, "new": 1})
        (op,) = ops = page.take().ops()
        assert isinstance(op, Extend)
        assert isinstance(op.element, Bars)
        assert values(op.element) == {"": {"class 7": 1000, "new": 1}}
        (deck,) = apply_ops(before, ops).decks
        after = values(deck.elements[0])[""]  # type: ignore[arg-type]
        assert (after["class 7"], after["class 8"], list(after)[-1]) == (1000, 8, "new")

    def test_the_same_call_again_shows_other_bars(self, page: Page) -> None:
        page.deck("d").bar("b", {"a": 1})
        page.deck("d").bar("b", {"z": 2})
        page.deck("d").bar("b").update({"y": 3})
        assert values(held(page)) == {"": {"z": 2, "y": 3}}

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ([1, 2], "no values by category: [1, 2]"),
            ({"a": "x", "b": math.inf}, "no finite number, for one: 'x'"),
            ({"a": 1, "g": {"b": 2}}, "groups and single values are mixed: 1"),
        ],
    )
    def test_what_does_not_fit_is_said(self, page: Page, given: Any, words: str) -> None:
        page.deck("d").bar("b", given)
        bars = held(page)
        assert list(bars.notes) == [words]
        assert words.partition(":")[0] in snapshot.render(Document(1, "", [Tab("d", [bars])]), live=False).decode()

    def test_a_bar_that_is_no_number_any_more_does_not_stay_as_it_was(self, page: Page) -> None:
        bars = page.deck("d").bar("b", {"a": 1})
        bars.update({"a": math.nan})
        shown = held(page)
        assert (values(shown), shown.notes) == ({"": {"a": None}}, {})

    def test_there_is_an_end_to_categories(self, page: Page) -> None:
        page.deck("d").bar("b", {str(n): n for n in range(CATEGORIES + 500)})
        (notice, put) = page.take().ops()
        assert isinstance(put, Put)
        assert isinstance(put.element, Bars)
        assert len(categories(put.element.groups)) == CATEGORIES
        assert "categories beyond the first 1,000" in str(notice)

    def test_bars_below_zero_are_said_where_the_axis_is_logarithmic(self, page: Page) -> None:
        page.deck("d").bar("b", {"a": 1, "b": 0, "c": -3}, log_y=True)
        assert bar_plot.bars_notes(held(page)) == ["not above zero, for which a logarithmic axis has no place (2 bars)"]


class TestHistogram:
    def test_values_are_counted_as_they_come_and_none_is_lost(self, page: Page) -> None:
        histogram = page.deck("d").histogram("h")
        rng = random.Random(1)
        total = 0
        for size in (1, 3, 70, 5000, 1, 20):
            histogram.append([rng.gauss(0, 10 ** rng.uniform(-3, 3)) for _ in range(size)])
            total += size
        (group,) = held(page).groups
        assert sum(group.counts) == total
        assert len(group.at) <= MOST_BINS

    @pytest.mark.parametrize("size", [3, 100, 10_000])
    def test_an_array_is_counted_as_a_list_is(self, page: Page, size: int) -> None:
        numbers = np.random.default_rng(1).normal(size=size)
        page.deck("d").histogram("h", numbers)
        page.deck("d").histogram("i", numbers.tolist())
        one, other = (op.element for op in page.take().ops())
        assert isinstance(one, Histogram)
        assert isinstance(other, Histogram)
        assert one.groups == other.groups
        edges = histogram_plot.bin_edges(one)
        shown = histogram_plot.histogram_rows(one)
        expected, _ = np.histogram(numbers, bins=edges)
        assert [int(row[1].replace(",", "")) for row in shown[1:]] == expected.tolist()
        assert len(expected) <= 40

    def test_one_value_alone_and_huge_ones_have_bins(self, page: Page) -> None:
        for number in (0, 5e-324, -1e308, 1.7e308, 2**53):
            page.deck("d").histogram("h", id=str(number)).append(number)
            assert page.take().ops()
        for values in ([-1.7e308, 5e-324, 1.7e308, 3], [1.7e308], [-1.7e308, -1.7e308]):
            page.deck("d").histogram("h", values)
            shown = held(page)
            assert sum(shown.groups[0].counts) == len(values)
            rows = histogram_plot.histogram_rows(shown)[1:]
            assert sum(int(row[1]) for row in rows) == len(values)
            assert "Infinity" not in str(rows)
            assert "<svg" in histogram_plot.histogram_plot(shown)

    def test_bins_of_other_widths_are_added_up_in_any_order(self) -> None:
        rng = random.Random(2)
        parts = [
            Bins("g", rng.randint(-4, 4), at := sorted(rng.sample(range(-600, 600), 500)), [1.0] * len(at))
            for _ in range(6)
        ]
        whole = []
        for order in (parts, parts[::-1], parts[3:] + parts[:3]):
            buffer = Histogram("h", "t").buffer()
            for part in order:
                buffer.extend(Histogram("h", "t", [part]))
            whole.append(buffer.element())
        assert whole[0] == whole[1] == whole[2]
        assert sum(whole[0].groups[0].counts) == 3000

    def test_edges_count_what_lies_within_them_and_say_what_does_not(self, page: Page) -> None:
        for given in ([-1, 0, 1, 9, 10, 11], np.array([-1, 0, 1, 9, 10, 11])):
            page.deck("d").histogram("h", given, bins=[0, 1, 10], id=str(type(given)))
        for op in page.take().ops():
            assert isinstance(op, Put | Extend)
            histogram = op.element
            assert isinstance(histogram, Histogram)
            assert counts(histogram) == {"": {0: 1, 1: 3}}
            assert histogram.notes == {"outside of the bins": 2}

    def test_what_numpy_has_counted_is_shown(self, page: Page) -> None:
        numbers, edges = np.histogram([1, 2, 2, 9], bins=3)
        page.deck("d").histogram("h", counts=numbers, bins=edges)
        shown = held(page)
        assert (counts(shown), shown.edges) == ({"": {0: 3, 2: 1}}, edges.tolist())

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"counts": [1, 2]}, "counts are as many as bins, none below zero; of 0 bins: [1, 2]"),
            ({"counts": [1, -2], "bins": [0, 1, 2]}, "counts are as many as bins, none below zero; of 2 bins: [1, -2]"),
            ({"bins": [3, 2, 1]}, "bins are a number up to 1,024, or edges in ascending order, not [3, 2, 1]"),
            ({"bins": -1}, "bins are a number up to 1,024, or edges in ascending order, not -1"),
            ({"values": [1, "x", None, math.nan]}, "no finite number, for one: 'x'"),
            ({"values": np.array([1.0, math.inf] * 50)}, "no finite number, for one: inf"),
        ],
    )
    def test_what_does_not_fit_is_said(self, page: Page, more: Any, words: str) -> None:
        page.deck("d").histogram("h", **more)
        assert list(held(page).notes) == [words]

    @pytest.mark.parametrize(
        "group",
        [
            Bins("g", 0, [2, 1], [1, 1]),
            Bins("g", 0, [1], [1, 1]),
            Bins("g", 5000, [1], [1]),
            Bins("g", 0, [2**60], [1]),
        ],
    )
    def test_bins_that_no_reader_can_show_are_refused(self, group: Bins) -> None:
        with pytest.raises(DeckError, match="histogram 'h'"):
            Histogram("h", "t", [group]).check()


class TestHeatmap:
    def test_arrays_lists_and_frames_are_taken(self, page: Page) -> None:
        frame = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "b"], index=["r", "s"])
        for given in ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), frame):
            page.deck("d").heatmap("m", given, x=["a", "b"], y=["r", "s"])
            page.deck("d").heatmap("n", frame)
            for op in page.take().ops():
                heatmap = op.element
                assert heatmap.columns == ["a", "b"]
                assert [(row.label, row.values) for row in heatmap.rows] == [("r", [1, 2]), ("s", [3, 4])]  # noqa: PD011

    def test_appended_rows_cost_what_they_are(self, page: Page) -> None:
        heatmap = page.deck("d").heatmap("m", [[0] * 50] * 50)
        before = apply_ops(Document(), page.take().ops())
        heatmap.append([1] * 50, y="last")
        heatmap.append([[2] * 50, [3] * 50], y=["more", "most"])
        (op,) = ops = page.take().ops()
        assert len(op.element.rows) == 3
        (deck,) = apply_ops(before, ops).decks
        rows = deck.elements[0].rows
        assert [(row.label, row.values[0]) for row in rows[-3:]] == [("last", 1), ("more", 2), ("most", 3)]  # noqa: PD011

    @pytest.mark.parametrize(
        ("given", "more", "words"),
        [
            (7, {}, "no rows of numbers: 7"),
            ([1, 2], {}, "a row is a list of numbers, not 1"),
            ([[1], [1, 2]], {}, "rows have from 1 to 2 cells"),
            ([[1, "x"]], {}, "no finite number, for one: 'x'"),
            ([[1, 2]], {"x": ["a"]}, "there are 1 names of columns for 2 columns"),
            ([[1, 2]], {"y": ["a", "b"]}, "there are 2 names of rows for 1 rows"),
        ],
    )
    def test_what_does_not_fit_is_said(self, page: Page, given: Any, more: Any, words: str) -> None:
        page.deck("d").heatmap("m", given, **more)
        assert words in held(page).notes

    def test_the_range_has_zero_in_it_unless_another_is_given(self, page: Page) -> None:
        assert heat_plot.value_range(Heatmap("m", "t", rows=[])) == (0, 1)
        page.deck("d").heatmap("m", [[3, 5]])
        page.deck("d").heatmap("n", [[-3, 5]])
        page.deck("d").heatmap("o", [[3, 5]], value_range=(3, 4))
        ranges = [heat_plot.value_range(op.element) for op in page.take().ops()]  # type: ignore[arg-type]
        assert ranges == [(0, 5), (-3, 5), (3, 4)]

    def test_no_number_in_a_cell_is_another(self, page: Page) -> None:
        page.deck("d").heatmap("m", [[0.9996, 86399999.5], [3, 0.123456]])
        shown = re.findall(r"<td[^>]*>([^<]*)", heat_plot.heat_plot(held(page)))
        assert shown == ["1.000", "86,399,999.5", "3", "0.123"]

    def test_many_cells_are_a_picture_that_keeps_peaks(self, page: Page) -> None:
        cells = np.zeros((300, 300))
        cells[123, 45] = 9
        page.deck("d").heatmap("m", cells)
        heatmap = held(page)
        drawn = heat_plot.heat_plot(heatmap)
        assert "<table" not in drawn
        assert "var(--ld-accent) 100%" in drawn
        assert len(drawn) < 200_000


@pytest.mark.parametrize(
    "element",
    [
        {"kind": "bars", "id": "b", "title": "", "groups": [{"name": "", "categories": ["a"], "values": []}]},
        {"kind": "histogram", "id": "b", "title": "", "edges": [1, 1]},
        {"kind": "chart", "id": "b", "title": "", "bands": [{"name": "", "x": [1], "bounds": [[1]]}]},
    ],
)
def test_elements_that_no_reader_can_show_make_their_segment_unreadable(element: dict[str, Any]) -> None:
    ops = [{"op": "put", "deck": "d", "element": element}]
    with pytest.raises(DeckError):
        decode(json.dumps({"seq": 1, "at": "", "ops": ops}).encode())
