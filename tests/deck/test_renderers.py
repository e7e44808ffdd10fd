import io
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import PIL.Image
import polars as pl
import pyarrow as pa
import pytest

from livedeck.deck.renderers import render_traceback, to_html


class Shows:
    def _repr_html_(self) -> str:
        return "<b>mine</b>"


class ShowsPng:
    def _repr_png_(self) -> bytes:
        return b"\x89PNG"


class Raises:
    def to_html(self) -> None:
        raise ZeroDivisionError("<oops>")


def png() -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (2, 2)).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>raw</b>", "<b>raw</b>"),
        (pd.DataFrame({"a<": [1]}), "a&lt;"),
        (pd.DataFrame({"a": range(100)}), "100 rows &times; 1 columns, the first 50 shown"),
        (pd.Series([1.5], name="s"), "1.5"),
        (pl.DataFrame({"a": ["<x>"]}), "&lt;x&gt;"),
        (pa.table({"a": [1, 2]}), "2 rows &times; 1 columns"),
        (np.zeros((2, 3)), "float64 array, 2 by 3"),
        (PIL.Image.new("P", (2, 2)), "data:image/png;base64,"),
        (Shows(), "<b>mine</b>"),
        (ShowsPng(), "data:image/png;base64,iVBORw=="),
        ({"a": 1, "<": [2]}, "<tr><th>&lt;</th><td>[2]</td></tr>"),
        ({}, "<table>"),
        (list(range(300)), "100 more items"),
        ((1, "<"), "<li>&lt;</li>"),
        (b"\0" * 600, "100 more bytes"),
        (3, "<pre>3</pre>"),
        (None, "<pre>None</pre>"),
        (Shows, "Shows"),
    ],
)
def test_values_show_themselves(value: Any, expected: str) -> None:
    assert expected in to_html(value)


def test_a_figure_is_an_image() -> None:
    figure = matplotlib.figure.Figure()
    axes = figure.subplots()
    axes.plot([1, 2])
    assert "data:image/png;base64," in to_html(figure)
    assert "data:image/png;base64," in to_html(axes)


def test_a_renderer_that_raises_puts_the_error_in_its_place() -> None:
    shown = to_html(Raises())
    assert "ld-error" in shown
    assert "Raises could not be shown" in shown
    assert "ZeroDivisionError: &lt;oops&gt;" in shown


def test_a_traceback_is_text() -> None:
    assert "&lt;b&gt;" in render_traceback(ValueError("<b>"), "")
