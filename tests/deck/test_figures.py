"""Figures, images and lists of them, of the real libraries, by every call that shows something.

Libraries that take long to import are imported by the tests that need them: each process that runs some of the tests
imports all modules of tests.
"""

import base64
import html
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import PIL.Image
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from livedeck.deck.libraries import BOKEH, PLOTLY
from livedeck.deck.ops import Document
from livedeck.deck.page import Page
from livedeck.deck.renderers import to_html
from tests.deck.applying import apply_ops

FRAME = pd.DataFrame({"a": [1, 2, 3, 4], "b": [3, 1, 2, 4]})


@pytest.fixture(autouse=True)
def no_figures_left() -> Iterator[None]:
    yield
    plt.close("all")


def pictures(shown: str) -> list[PIL.Image.Image]:
    found = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", shown)
    return [PIL.Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def drawn_on_one_figure() -> dict[str, object]:
    import seaborn as sns
    import seaborn.objects as so

    figure, axes = plt.subplots(2, 2)
    parts = plt.figure().subfigures(1, 2)
    return {
        "figure": figure,
        "axes": axes[0, 0],
        "array of axes": axes,
        "list of lists of axes": axes.tolist(),
        "part of a figure": parts[0],  # type: ignore[index]
        "axes on a part": parts[1].subplots(),  # type: ignore[index]
        "lines": plt.plot([1, 2]),
        "bars": plt.bar([1, 2], [3, 4]),
        "boxes": plt.boxplot([[1, 2, 3]]),
        "frame's histograms": FRAME.hist(),
        "frame's plot": FRAME.plot(subplots=True),
        "relplot": sns.relplot(FRAME, x="a", y="b"),
        "jointplot": sns.jointplot(FRAME, x="a", y="b"),
        "pairplot": sns.pairplot(FRAME),
        "clustermap": sns.clustermap(FRAME),
        "objects": so.Plot(FRAME, x="a", y="b").add(so.Dot()),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*Copy-on-Write:Warning")  # seaborn's own use of pandas
def test_what_is_drawn_on_a_figure_is_shown_as_that_figure_once() -> None:
    for name, value in drawn_on_one_figure().items():
        assert len(pictures(to_html(value))) == 1, name
        assert "ld-error" not in to_html(value), name


def test_each_figure_of_a_collection_is_shown() -> None:
    one, two = plt.figure(), plt.figure()
    image = PIL.Image.new("RGB", (3, 2), "red")
    shown = to_html([one, {"second <b>": two}, image, "<i>words</i>", FRAME])
    assert len(pictures(shown)) == 3
    assert "<h4>second &lt;b&gt;</h4>" in shown
    assert "&lt;i&gt;words&lt;/i&gt;" in shown
    assert "4 rows &times; 2 columns" in shown
    assert len(pictures(to_html(np.array([one, two], dtype=object)))) == 2


def test_an_artist_that_is_on_no_figure_is_a_text() -> None:
    assert to_html(mpl.lines.Line2D([1], [2])).startswith("<pre>Line2D")


@pytest.mark.parametrize(
    ("mode", "pixel"),
    [
        ("1", 1),
        ("L", 76),
        ("RGB", (255, 0, 0)),
        ("RGBA", (255, 0, 0, 255)),
        ("P", (254, 0, 0, 255)),
        ("LA", (76, 76, 76, 255)),
        ("CMYK", (255, 0, 0)),
        ("YCbCr", (254, 0, 0)),
        ("HSV", (255, 0, 0)),
        ("F", 76),
        ("I", 76),
        ("I;16", 76),
    ],
)
def test_images_of_every_mode_are_pictures(mode: str, pixel: int | tuple[int, ...]) -> None:
    image = PIL.Image.new("RGB", (30, 20), "red")
    image = image.convert("L").convert("I").convert(mode) if mode.startswith("I;") else image.convert(mode)
    (shown,) = pictures(to_html(image))
    assert shown.size == (30, 20)
    found = shown.convert("L").getpixel((0, 0)) if mode == "1" else shown.getpixel((0, 0))
    assert np.allclose(found, (0 if mode == "1" else pixel), atol=2)  # type: ignore[arg-type]


def test_numbers_beyond_a_byte_are_stretched_and_that_is_said() -> None:
    image = PIL.Image.fromarray(np.array([[0.0, 500.0, 1000.0]], dtype=np.float32))
    shown = to_html(image)
    (picture,) = pictures(shown)
    assert [picture.getpixel((x, 0)) for x in range(3)] == [0, 127, 255]
    assert "Values from 0 (black) to 1000 (white)." in shown
    flat = PIL.Image.new("F", (2, 2), 1e9)
    assert pictures(to_html(flat))


def bokeh_figure() -> Any:
    from bokeh.plotting import figure

    return figure(height=100)


def bokeh_column() -> Any:
    from bokeh.layouts import column

    return column(bokeh_figure())


def plotly_figure() -> Any:
    import plotly.graph_objects as go

    return go.Figure(go.Scatter(y=[1, 2]))


VALUES: dict[str, Callable[[], Any]] = {
    "frame": lambda: FRAME.assign(tag="<b>x</b>"),
    "matplotlib": plt.figure,
    "pillow": lambda: PIL.Image.new("RGB", (60, 30), "red"),
    "plotly": plotly_figure,
    "bokeh": bokeh_column,
    "axes": lambda: plt.subplots(1, 2)[1],
    "dict": lambda: {"a": "<i>1</i>"},
    "list": lambda: ["<i>1</i>"],
    "number": lambda: 3,
    "html": lambda: "<b>mine</b>",
}


def neutral(shown: str) -> str:
    """Without the ids that plotly and bokeh make anew each time."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|p\d{4,}", "*", shown)


@pytest.mark.slow
@pytest.mark.parametrize("name", VALUES)
def test_update_and_extend_render_as_append_does(name: str) -> None:
    value = VALUES[name]()
    page = Page()
    page.deck("appended").append(value)
    page.deck("updated").append("before").update(value)
    page.deck("extended").append("before ").extend(value)
    page.deck("replaced").replace(value)
    decks = {deck.name: deck for deck in apply_ops(Document(), page.take().ops()).decks}
    shown = {name: neutral(deck.elements[-1].html) for name, deck in decks.items()}
    assert shown["updated"] == shown["appended"] == shown["replaced"]
    assert shown["extended"] == f"before {shown['appended']}"
    assert "<i>1" not in shown["appended"]
    assert "<b>x" not in shown["appended"]
    library = {"plotly": PLOTLY.id, "bokeh": BOKEH.id}.get(name)
    for deck in decks.values():
        assert [element.id for element in deck.elements[:-1]] == ([library] if library else [])


def test_a_figure_of_bokeh_has_its_library_once_and_data_of_its_own() -> None:
    page = Page()
    deck = page.deck("d")
    deck.append(bokeh_figure())
    deck.append(bokeh_figure())
    library, first, second = apply_ops(Document(), page.take().ops()).decks[0].elements
    assert len(library.html) > 500_000
    assert "http" not in "".join(re.findall(r'<script[^>]*src="([^"]*)"', library.html))
    assert len(first.html) < 20_000
    assert first.html != second.html


def test_text_of_a_collection_is_escaped() -> None:
    assert html.escape("<script>") in to_html({"a": ["<script>"]})
    assert "<script>" not in to_html(["<script>", ("<script>",)])
