"""Columns of numbers stand at the right."""

import re

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.dataframe.frame import DataFrame
from pyarrow.lib import Table

from livedeck.deck import snapshot
from livedeck.deck.ops import Document, Markdown, Tab
from livedeck.deck.renderers import to_html
from livedeck.deck.tables import aligned, numeric

DATA = {"name": ["a", "<b>"], "n": [1, 20000], "x": [0.5, None]}


@pytest.mark.parametrize("frame", [pd.DataFrame(DATA), pl.DataFrame(DATA), pa.table(DATA)])
def test_numbers_of_a_frame_stand_at_the_right_with_their_head(frame: pd.DataFrame | DataFrame | Table) -> None:
    page = to_html(frame)
    assert re.findall(r'<th class="ld-right">(.*?)</th>', page) == ["n", "x"]
    assert [cell.lower() for cell in re.findall(r'<td class="ld-right">(.*?)</td>', page)[:3]] == ["1", "0.5", "20000"]
    assert "<td>&lt;b&gt;</td>" in page


def test_frames_with_several_levels_are_left_whole() -> None:
    frame = pd.DataFrame([[1, "a"]], columns=pd.MultiIndex.from_tuples([("p", "q"), ("p", "r")]))
    page = to_html(frame)
    assert page.count("<td") == 2
    assert '<td class="ld-right">1</td>' in page


@pytest.mark.parametrize(
    ("cells", "is_numeric"),
    [
        (["1", "2,000.5", "-3e-7"], True),
        (["12 %", "", "nan", "\u2013"], True),
        (["", "-"], False),
        (["1", "one"], False),
        (["2024-05-01"], False),
        ([], False),
    ],
)
def test_what_counts_as_numbers(cells: list[str], is_numeric: bool) -> None:
    assert numeric(cells) is is_numeric


def test_a_table_of_other_form_is_left_as_it_is() -> None:
    table = "<table><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></table>"
    assert aligned(table) == table


def test_markdown_honours_the_author_and_aligns_numbers_otherwise() -> None:
    text = "| a | b | c |\n|---:|---|:-:|\n| x | 1 | 2 |\n| y | 2.5 | 3 |\n"
    page = snapshot.render(Document(1, "", [Tab("d", [Markdown("m", text)])]), live=False).decode()
    assert re.findall(r'<t[hd] style="text-align:(\w+)">(.*?)<', page) == [
        ("right", "a"), ("right", "b"), ("center", "c"),
        ("right", "x"), ("right", "1"), ("center", "2"),
        ("right", "y"), ("right", "2.5"), ("center", "3"),
    ]  # fmt: skip
