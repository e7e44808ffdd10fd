"""Tables: what they take, and what comes of appending, changing and dropping rows."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from livedeck.deck.kinds import Frame
from livedeck.deck.kinds.table import Column, DataTable, Table, Unchanged
from livedeck.deck.ops import Document, Extend, Put
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay
from livedeck.deck.static_page import StaticPage

Point = namedtuple("Point", ["x", "y"])  # noqa: PYI024 - as users still have them


class Rows(Sequence[dict[str, int]]):
    """Rows that are made when they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return {"n": range(self._count)[at]}


@dataclass
class Run:
    name: str
    loss: float


class Sheet:
    """A page with one table, and what a viewer has of it."""

    def __init__(self, *, max_bytes: int = 1 << 20) -> None:
        self._page, self._replay = Page(max_bytes=max_bytes), Replay()
        self.deck = self._page.deck("d")

    def sent(self) -> list[Put | Extend]:
        """Return what is published now."""
        ops = [op for op in self._page.take().ops() if isinstance(op, Put | Extend)]
        self._replay.apply_ops(ops)
        return ops

    def shown(self) -> Table:
        """Return the table as a viewer has it after everything was published."""
        self.sent()
        (buffer,) = self._replay.decks["d"].values()
        table = buffer.element()
        assert isinstance(table, Table)
        return table


def shown(data: Any, **options: Any) -> Table:
    sheet = Sheet()
    sheet.deck.table(data, **options)
    return sheet.shown()


@pytest.mark.parametrize(
    "data",
    [
        [{"x": 1, "y": "a"}, {"x": 2.5, "y": None}],
        [Point(1, "a"), Point(2.5, None)],
        {"x": [1, 2.5], "y": ["a", None]},
        {"x": (1, 2.5), "y": ["a"]},
        pd.DataFrame({"x": [1, 2.5], "y": ["a", None]}),
        pd.DataFrame({"y": ["a", None]}, index=pd.Index([1, 2.5], name="x")),
        pl.DataFrame({"x": [1.0, 2.5], "y": ["a", None]}),
        pl.LazyFrame({"x": [1.0, 2.5], "y": ["a", None]}),
        pa.table({"x": [1.0, 2.5], "y": ["a", None]}),
        np.array([(1, "a"), (2.5, None)], dtype=[("x", "f8"), ("y", "O")]),
        (each for each in [{"x": 1, "y": "a"}, {"x": 2.5}]),
    ],
    ids=lambda data: type(data).__name__,
)
def test_one_table_in_every_form_that_users_have_it_in(data: Any) -> None:
    table = shown(data)
    assert table.columns == [Column("x", "number"), Column("y", "text")]
    assert table.rows == [[1, "a"], [2.5]]


def test_rows_without_names_have_numbered_columns() -> None:
    assert [column.name for column in shown([[1, 2], [3, 4]]).columns] == ["0", "1"]
    assert shown(np.arange(4).reshape(2, 2)).rows == [[0, 1], [2, 3]]
    assert shown(np.array([5, 6])).rows == [[5], [6]]
    assert shown([Run("a", 0.5)]).rows == [["a", 0.5]]
    assert shown(pd.Series([1, 2], name="s")).columns == [Column("s", "number")]


@pytest.mark.parametrize(
    ("values", "type_", "cells"),
    [
        ([True, None], "boolean", [[True], []]),
        ([np.float32(0.5), np.nan], "number", [[0.5], []]),
        ([np.int64(3), 2**60], "number", [[3], ["1,152,921,504,606,846,976"]]),
        ([1, "n/a"], "text", [[1], ["n/a"]]),
        ([date(2024, 5, 1), None], "time", [[1714521600.0], []]),
        ([pd.Timestamp("2024-05-01"), pd.NaT], "time", [[1714521600.0], []]),
        (["https://example.org/a", None], "link", [["https://example.org/a"], []]),
        ([[1, None], []], "sparkline", [[[1, None]], [[]]]),
        ([np.array([1.0, np.nan])], "sparkline", [[[1.0, None]]]),
        ([{"a": 1}], "text", [["{'a': 1}"]]),
        ([None], "", [[]]),
    ],
)
def test_columns_have_types_told_from_their_values(values: list[Any], type_: str, cells: list[Any]) -> None:
    table = shown([{"c": value} for value in values])
    assert table.columns[0].type == type_
    assert table.rows == cells


def test_times_with_a_zone_are_shown_in_utc_and_images_as_data() -> None:
    table = shown([{"at": datetime(2024, 5, 1, tzinfo=UTC), "face": Image.new("RGB", (2, 2))}])
    assert table.columns == [Column("at", "time", "UTC"), Column("face", "image")]
    (row,) = table.rows
    assert str(row[1]).startswith("data:image/png;base64,")


def test_a_dict_with_a_list_in_it_is_a_record_unless_all_of_it_is_lists() -> None:
    assert shown({"name": "a", "trend": [1, 2]}).rows == [["a", [1, 2]]]
    assert shown({"name": ["a", "b"], "n": range(2)}).rows == [["a", 0], ["b", 1]]


def test_rows_with_a_key_are_changed_where_they_stand_in_the_columns_given() -> None:
    sheet = Sheet()
    table = sheet.deck.table({"k": [1, 2], "a": ["x", "y"], "b": [True, False]}, key="k")
    sheet.sent()
    table.update({"k": 2.0, "b": True})
    table.append([{"k": 3, "a": "z"}, {"k": 1, "a": None}])
    (op,) = sheet.sent()
    assert isinstance(op, Extend)
    assert isinstance(op.element, Table)
    assert op.element.rows == [[2.0, True], [3, Unchanged(), "z"], [1, Unchanged(), None]]
    assert sheet.shown().rows == [[1, None, True], [2.0, "y", True], [3, "z"]]


def test_dropped_rows_go_and_one_that_comes_again_comes_last() -> None:
    sheet = Sheet()
    table = sheet.deck.table({"k": ["a", "b", "c"]}, key="k")
    sheet.sent()
    table.drop(["a", "none such"])
    table.append({"k": "a", "n": 1})
    table.drop("c")
    assert sheet.shown().rows == [["b"], ["a", 1]]
    assert sheet.shown().dropped is None


def test_what_costs_is_what_is_appended() -> None:
    sheet = Sheet(max_bytes=1 << 26)
    table = sheet.deck.table({"n": range(100_000)})
    sheet.sent()
    table.append([{"n": 1}] * 10)
    (op,) = sheet.sent()
    assert isinstance(op.element, Table)
    assert len(op.element.rows) == 10
    assert len(sheet.shown().rows) == 100_010


def test_a_table_without_a_key_says_that_rows_cannot_be_changed_or_dropped() -> None:
    sheet = Sheet()
    table = sheet.deck.table([{"n": 1}], title="numbers")
    table.update({"n": 2})
    table.drop(1)
    assert isinstance(table, DataTable)
    words = [op.element.html for op in sheet.sent() if op.element.kind == "html"]
    assert len(words) == 1
    assert "which has no key=" in words[0]
    assert "are dropped" in words[0]


def test_of_data_that_is_too_large_a_sample_is_shown_and_a_summary_of_each_column() -> None:
    sheet = Sheet(max_bytes=100_000)
    table = sheet.deck.table({"n": range(5_000), "word": [f"{'w' * 100} {n % 7}" for n in range(5_000)]})
    shown = sheet.shown()
    assert shown.total == 5_000
    assert shown.profile is not None
    assert shown.profile.sampled == len(shown.rows) > 100
    numbers: list[Any] = [row[0] for row in shown.rows]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 4_000
    assert [column.name for column in shown.profile.columns][:4] == ["column", "type", "missing", "distinct"]
    assert shown.profile.rows[0] == ["n", "int", 0, 5_000, 0, 4_999, [0, *[250] * 20, 0]]
    assert shown.profile.rows[1][:4] == ["word", "str", 0, 7]
    assert shown.buffer().weight < 100_000
    words = f"5,000 rows: a sample of {len(shown.rows)}, and a summary of each column"
    assert words in static_of(shown)

    table.append({"n": 5_000, "word": "new"})
    assert f"{words}; 1 added since" in static_of(sheet.shown())
    table.replace([{"n": 1}])
    assert sheet.shown() == msgspec.structs.replace(sheet.shown(), total=0, profile=None, rows=[[1]])


def static_of(table: Table) -> str:
    return "".join(map(str, table.static(StaticPage(Document(), ""), Frame.NONE)))


def test_a_sample_that_grows_too_large_loses_its_oldest_rows_and_says_what_is_left_of_it() -> None:
    sheet = Sheet(max_bytes=100_000)
    sheet.deck.table({"n": range(100_000)})
    buffer = sheet.shown().buffer()
    sampled = len(buffer.element().rows)
    buffer.extend(Table("t", columns=[Column("n", "number")], rows=[[1]] * 10))
    buffer.drop_oldest(0.5)
    left = buffer.element()
    assert left.profile is not None
    assert left.profile.sampled == len(left.rows) - 10 == sampled - (sampled + 10) // 2


def test_of_a_sample_rows_are_changed_by_their_keys_and_of_rows_with_one_key_the_last_stays() -> None:
    sheet = Sheet(max_bytes=100_000)
    table = sheet.deck.table({"k": [n // 2 for n in range(20_000)], "x": range(20_000)}, key="k")
    before = sheet.shown()
    keys = [row[0] for row in before.rows]
    assert len(set(keys)) == len(keys)
    assert before.profile is not None
    assert before.profile.sampled == len(keys)
    table.update({"k": keys[0], "x": -1})
    table.update({"k": -1, "x": -1})
    after = sheet.shown()
    assert (after.rows[0], after.rows[-1], len(after.rows)) == ([keys[0], -1], [-1, -1], len(keys) + 1)


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame(np.zeros((2, 10_000))),
        pl.DataFrame({f"c{n}": [0, 1] for n in range(1_001)}),
        pa.table({f"c{n}": [0, 1] for n in range(1_001)}),
        np.zeros((2, 1_001)),
        [{f"c{n}": 0 for n in range(1_001)}],
        {f"c{n}": [0, 1] for n in range(1_001)},
    ],
    ids=lambda data: type(data).__name__,
)
def test_of_very_many_columns_the_first_are_shown_and_all_are_summarized(data: Any) -> None:
    table = shown(data, id="t")
    width = len(data[0]) if isinstance(data, list) else len(data) if isinstance(data, dict) else data.shape[1]
    assert table.profile is not None
    assert (len(table.columns), table.profile.width) == (1_000, width)
    assert f"in 1,000 of {width:,} columns" in static_of(table)


@pytest.mark.parametrize(
    "data",
    [(n for n in range(20_000)), Rows(20_000), [{"n": [1]}] * 20_000, [Point(1, {"a": 2})] * 20_000],
    ids=["generator", "sequence", "unhashable", "tuples"],
)
def test_what_is_no_frame_of_a_library_is_sampled_too(data: Any) -> None:
    sheet = Sheet(max_bytes=100_000)
    sheet.deck.table(data)
    table = sheet.shown()
    assert table.profile is not None
    assert (table.total, len(table.rows)) == (20_000, table.profile.sampled)
    assert len(table.profile.rows) == len(table.columns)


def test_rows_whose_code_raises_are_not_there() -> None:
    class Raising(list[int]):
        def __getitem__(self, at: Any) -> Any:
            raise RuntimeError("never")

        def __iter__(self) -> Any:
            raise RuntimeError("never")

    sheet = Sheet(max_bytes=10_000)
    sheet.deck.table(Raising(range(20_000)))
    assert sheet.shown().rows == []


def test_of_many_tasks_that_show_samples_there_is_one_that_says_so() -> None:
    sheet = Sheet(max_bytes=100_000)
    sheet.deck.table({"n": range(100_000)})
    one, other = sheet.shown(), shown({"n": [1]})
    joined = Table.joined([("a", one), ("b", other)])
    assert f"100,001 rows: a sample of {len(one.rows) + 1:,}" in static_of(joined)
    assert joined.part("c").rows[0][0] == "c"


def test_of_many_tasks_rows_stand_in_one_table() -> None:
    one, other = shown({"k": [1, 2]}, key="k"), shown({"k": [2, 3], "b": ["x", "y"]}, key="k")
    assert Table.joined([("a", one), ("b", other)]).rows == [[1], [2, "x"], [3, "y"]]
    plain = shown([{"n": 1}])
    assert Table.joined([("a", plain), ("b", plain)]).rows == [["a", 1], ["b", 1]]


def test_the_same_title_again_is_the_table_anew() -> None:
    sheet = Sheet()
    sheet.deck.table([{"n": 1}], title="t")
    sheet.deck.table([{"n": 2}], title="t")
    assert sheet.shown().rows == [[2]]
