"""``deck.show``: what becomes of a value, by what it says of itself; whatever that does, the task goes on."""

import base64
import re
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import pandas as pd
import polars as pl
import pytest

mpl.use("Agg")

from livedeck.deck import displays, user_code
from livedeck.deck.kinds.table import Table
from livedeck.deck.libraries import PLOTLY, VEGA
from livedeck.deck.ops import Document, Figure, Html, Image, Json, Markdown, Put, Text
from livedeck.deck.page import Page
from tests.deck.applying import apply_ops

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path d="M0 0h4"/></svg>'


def shown(value: Any, **options: Any) -> Any:
    page = Page()
    page.deck("d").show(value, **options)
    return apply_ops(Document(), page.take().ops()).decks[0].elements[-1]


def saying(**methods: Any) -> Any:
    """A value that says these things of itself."""
    named = {f"_repr_{name}_": lambda self, said=said, **_: said for name, said in methods.items()}
    return type("Saying", (), named)()


class Bundle:
    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.bundle

    def __repr__(self) -> str:
        return "its repr"


@pytest.mark.parametrize(
    ("value", "element"),
    [
        (saying(html="<b>x</b>"), Html("e1", "<b>x</b>")),
        (saying(html=("<b>x</b>", {"isolated": True})), Html("e1", "<b>x</b>")),
        (saying(html=None, markdown="*x*"), Markdown("e1", "*x*")),
        (saying(latex="$\\displaystyle x^2$"), Markdown("e1", "$$\nx^2\n$$")),
        (Bundle({"text/plain": "p", "text/html": "<i>"}), Html("e1", "<i>")),
        (Bundle(({"text/markdown": "*m*"}, {"text/markdown": {}})), Markdown("e1", "*m*")),
        (Bundle({"text/plain": "plain"}), Text("e1", "plain")),
        (Bundle({"text/html": None}), Text("e1", "its repr")),
        (Bundle(None), Text("e1", "its repr")),
        (Bundle("no bundle"), Text("e1", "its repr")),
        ("<b>text</b>", Text("e1", "<b>text</b>")),
        (7, Text("e1", "7")),
        (None, Text("e1", "None")),
        (int, Text("e1", "<class 'int'>")),
    ],
)
def test_a_value_is_shown_by_the_richest_that_it_says_of_itself(value: Any, element: Any) -> None:
    assert shown(value) == element


@pytest.mark.parametrize(
    ("value", "mime"),
    [
        (saying(svg=SVG), "svg+xml"),
        (saying(png=PNG), "png"),
        (saying(png=(PNG, {"width": 1})), "png"),
        (Bundle({"image/png": base64.b64encode(PNG).decode()}), "png"),
        (Bundle({"image/png": PNG}), "png"),
        (saying(jpeg=b"\xff\xd8\xff"), "jpeg"),
    ],
)
def test_its_pictures_are_figures(value: Any, mime: str) -> None:
    figure = shown(value)
    assert isinstance(figure, Figure)
    assert figure.src.startswith(f"data:image/{mime};base64,")
    assert figure.note == ""


def test_json_is_a_tree() -> None:
    tree = shown(saying(json={"rate": 0.5}), title="t")
    assert isinstance(tree, Json)
    assert tree.title == "t"


def test_frames_are_tables_and_lazy_ones_are_not_collected() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    assert shown(frame, title="rows") == shown(pl.DataFrame({"a": [1, 2]}), title="rows")
    assert isinstance(shown(frame["a"]), Table)

    def never(_: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("it was collected")

    lazy = pl.LazyFrame({"a": [1]}).map_batches(never, schema={"a": pl.Int64})
    assert "<td>a</td><td>Int64</td>" in shown(lazy).html


def test_an_image_is_an_image_and_a_gallery_stays_one() -> None:
    from PIL import Image as Pillow

    assert isinstance(shown(Pillow.new("RGB", (3, 2)), title="t"), Image)
    assert shown([Pillow.new("RGB", (3, 2))]).html.count("<img") == 1


@pytest.mark.slow
def test_formulas_of_sympy_are_mathml() -> None:
    import sympy

    x = sympy.Symbol("x")
    assert shown(x**2).html == '<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'
    assert "<mtable" in shown(sympy.Matrix([[1, x]])).html


class Raises:
    def _repr_html_(self) -> str:
        raise ValueError("no <b>")


class Recurses:
    def _repr_html_(self) -> str:
        return self._repr_html_()


class ShowsItself:
    def __init__(self, page: Page) -> None:
        self.page = page

    def _repr_html_(self) -> str:
        self.page.deck("d").show(self)
        return "<p>at last</p>"


class Leaves:
    def _repr_html_(self) -> str:
        raise SystemExit(1)


class Hangs:
    def _repr_html_(self) -> str:
        import threading

        threading.Event().wait()
        return ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Raises(), "ValueError: no &lt;b&gt;"),
        (Recurses(), "RecursionError"),
        (Leaves(), "SystemExit"),
        (saying(html="x" * (displays.MOST_BYTES + 1)), "32 MiB are the most"),
    ],
)
def test_what_cannot_be_shown_says_why_in_its_place(value: Any, words: str) -> None:
    element = shown(value, title="<it>")
    assert element.html.startswith("<h4>&lt;it&gt;</h4>")
    assert "ld-error" in element.html
    assert words in element.html
    assert len(element.html) < 2000


def test_what_hangs_is_given_up_on() -> None:
    with pytest.raises(user_code.NoAnswer, match="did not answer within"):
        user_code.call(Hangs._repr_html_, Hangs(), limit=0.1)
    assert "Hangs was given up on before" in shown(Hangs()).html


def test_what_shows_itself_within_itself_comes_to_an_end() -> None:
    page = Page()
    page.deck("d").show(ShowsItself(page))
    puts = [op.element for op in page.take().ops() if isinstance(op, Put)]
    assert len(puts) == user_code.MOST_NESTED + 1
    assert any("each within the one before" in each.html for each in puts if isinstance(each, Html))


def test_a_long_repr_is_shown_up_to_a_bound() -> None:
    class Long:
        def __repr__(self) -> str:
            return "x" * (2 * displays.MOST_TEXT)

    text = shown(Long()).text
    assert len(text) < displays.MOST_TEXT + 100
    assert text.endswith("in all")


def test_the_same_id_or_title_replaces_what_stands_there() -> None:
    page = Page()
    deck = page.deck("d")
    deck.show("first", id="a")
    deck.show("second")
    deck.show("third", title="t")
    deck.show(pd.DataFrame({"a": [1]}), id="a").update("again")
    deck.show("other", title="t")
    elements = apply_ops(Document(), page.take().ops()).decks[0].elements
    assert [each.id for each in elements] == ["a", "e1", "show:t"]
    assert elements[0] == Text("a", "again")


def line() -> Any:
    import plotly.graph_objects as go

    return go.Figure(go.Scatter(y=[1, 2]))


def vega() -> Any:
    import altair as alt

    return alt.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a:Q")


@pytest.mark.slow
@pytest.mark.parametrize(("make", "library"), [(line, PLOTLY), (vega, VEGA)])
def test_a_library_is_in_a_deck_once_and_updates_send_data_alone(make: Callable[[], Any], library: Any) -> None:
    page = Page()
    one, two = page.deck("one"), page.deck("two")
    one.show(make(), id="f")
    two.show(make(), id="f")
    document = apply_ops(Document(), page.take().ops())
    first, second = document.decks
    assert [each.id for each in first.elements] == [library.id, "f"]
    assert [each.id for each in second.elements] == ["f"]
    assert re.search(r'src="http', first.elements[0].html) is None
    two.show(make(), id="f")
    (update,) = page.take().ops()
    assert isinstance(update, Put)
    assert isinstance(update.element, Figure)
    assert update.element.library == library.id
    assert len(update.element.spec) < 20_000
    one.replace("<p>alone</p>")  # what the other tab needs stays
    assert [each.id for each in apply_ops(document, page.take().ops()).decks[0].elements] == [library.id, "e1"]
    assert len(apply_ops(document, page.take().ops()).decks[1].elements) == 1


@pytest.mark.slow
def test_without_the_package_of_its_library_a_figure_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = vega()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert "install vl-convert-python" in shown(figure).note


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    plt.figure()
    before = plt.get_fignums(), plt.gcf(), figure.get_size_inches().tolist(), figure.canvas
    assert shown(axes).src.startswith("data:image/png")
    assert shown(figure).width > 100
    assert (plt.get_fignums(), plt.gcf(), figure.get_size_inches().tolist(), figure.canvas) == before
    plt.close(figure)
    assert shown(figure).src.startswith("data:image/png")
    assert len(plt.get_fignums()) == 1
    plt.close("all")
