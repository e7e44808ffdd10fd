"""What users do to a Deck, and what becomes of it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livedeck.deck.libraries import PLOTLY
from livedeck.deck.ops import Chart, Document, Drop, Html, Markdown, Progress, Put, Series, Value
from livedeck.deck.page import Deck, Page, bound_page, current_page
from livedeck.deck.renderers import to_html
from livedeck.deck.settings import DeckPublish
from livedeck.errors import UnsupportedOption
from tests.deck.applying import apply_ops

SCRIPT = "window.Plotly = {}"


@pytest.fixture
def page() -> Iterator[Page]:
    with bound_page(Page()) as page:
        yield page


def shown(page: Page, document: Document | None = None) -> Document:
    return apply_ops(document or Document(), page.take().ops())


def elements(page: Page) -> list[Any]:
    return [element for deck in shown(page).decks for element in deck.elements]


def test_a_deck_with_a_name_that_exists_replaces_the_tabs_content(page: Page) -> None:
    document = Document()
    Deck("other", "o")
    for epoch in range(50):
        deck = Deck("metrics", f"<p>{epoch}</p>")
        deck.append("more")
        document = shown(page, document)
    assert [deck.name for deck in document.decks] == ["other", "metrics"]
    assert [element.html for element in document.decks[1].elements] == ["<p>49</p>", "more"]
    assert deck.html == "<p>49</p>\nmore"
    assert Deck("metrics") is deck
    assert deck.html == "<p>49</p>\nmore"
    assert shown(page, document) == document
    deck.replace()
    assert deck.html == ""
    assert shown(page, document).decks[1].elements == []
    assert page.decks == [page.deck("other"), page.deck("metrics")]


def test_a_name_alone_is_the_tab_as_it_is(page: Page) -> None:
    Deck("d").markdown("words")
    Deck("d").chart("loss").append(1, a=2)
    assert [type(element) for element in elements(page)] == [Markdown, Chart]


def test_tabs_stand_in_the_order_in_which_they_were_made(page: Page) -> None:
    Deck("first")
    Deck("never")
    second = Deck("second", "2")
    third = page.deck("third")
    third.append("3")
    Deck("first").append("1")
    document = shown(page)
    assert [deck.name for deck in document.decks] == ["first", "second", "third"]
    late = Deck("late")
    Deck("later", "5")
    second.append("more")
    late.append("4")
    assert [deck.name for deck in shown(page, document).decks] == ["first", "second", "third", "late", "later"]


def test_replacing_costs_one_put(page: Page) -> None:
    Deck("metrics", "a")
    page.take()
    Deck("metrics", "b")
    assert page.take().ops() == [Put("metrics", Html("e1", "b"))]


def test_replacing_takes_everything_else_away(page: Page) -> None:
    deck = Deck("d", "a")
    deck.append("b")
    deck.progress("p")
    page.take()
    deck.replace("c")
    assert page.take().ops() == [Drop("d", "e2"), Drop("d", "progress:p"), Put("d", Html("e1", "c"))]


def test_components(page: Page) -> None:
    deck = page.deck("d")
    assert page.deck("d") is deck
    bar = deck.progress("epochs", 10, unit="epochs")
    bar.update(3)
    bar.advance()
    bar.advance(2)
    assert deck.progress("epochs") is bar
    loss = deck.value("loss", 0.5, "nats", delta=-0.1)
    assert deck.value("loss", 0.4) is loss
    chart = deck.chart("curves", x_label="epoch", y_label="loss", log_y=True)
    chart.append(1, train=1.0, test=2)
    chart.append(2, {"train": 0.5, "top-5": 0.9})
    assert deck.chart("curves") is chart
    block = deck.markdown("# a")
    block.extend("\nb")
    log = deck.append("x", id="log")
    log.update("y")
    assert elements(page) == [
        Progress("progress:epochs", "epochs", 6, 10, "epochs"),
        Value("value:loss", "loss", 0.4, "nats", -0.1),
        Chart(
            "chart:curves",
            "curves",
            [Series("train", [1, 2], [1.0, 0.5]), Series("test", [1], [2]), Series("top-5", [2], [0.9])],
            "epoch",
            "loss",
            log_y=True,
        ),
        Markdown("e1", "# a\nb"),
        Html("log", "y"),
    ]
    assert deck.html == "y"
    deck.remove("log")
    assert page.take().ops() == [Drop("d", "log")]


def test_a_value_in_another_unit(page: Page) -> None:
    deck = page.deck("d")
    tile = deck.value("mem", 1, "GB")
    assert deck.value("mem", 900, "MB") is tile
    assert elements(page) == [Value("value:mem", "mem", 900, "MB")]
    tile.update(901)
    assert elements(page) == [Value("value:mem", "mem", 901, "MB", 1)]
    tile.update(2, unit="GB", delta=1)
    assert elements(page) == [Value("value:mem", "mem", 2, "GB", 1)]


def test_several_threads_advance_one_bar(page: Page) -> None:
    bar = page.deck("d").progress("files", 8000)

    def advance() -> None:
        for _ in range(1000):
            bar.advance()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=advance) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert elements(page) == [Progress("progress:files", "files", 8000, 8000)]


def test_ids_that_the_user_chose_are_not_given_to_others(page: Page) -> None:
    deck = page.deck("d")
    deck.append("A", id="e1")
    deck.append("B")
    deck.markdown("C", id="e3")
    deck.append("D")
    assert elements(page) == [Html("e1", "A"), Html("e2", "B"), Markdown("e3", "C"), Html("e4", "D")]


class TestPlotly:
    """Its figures need plotly.js, megabytes that a Deck must hold itself: a page loads nothing from the network."""

    @pytest.fixture
    def figure(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        class Figure:
            def __init__(self, name: str) -> None:
                self.name = name

            def to_html(self, *, full_html: bool, include_plotlyjs: bool) -> str:
                assert full_html is False
                return f"{SCRIPT if include_plotlyjs else ''}<div>{self.name}</div>"

        monkeypatch.setitem(sys.modules, "plotly.graph_objects", SimpleNamespace(Figure=Figure))
        monkeypatch.setitem(sys.modules, "plotly.offline", SimpleNamespace(get_plotlyjs=lambda: SCRIPT))
        return Figure

    @staticmethod
    def ops(page: Page) -> list[tuple[str, str]]:
        """What was done to which element."""
        return [(type(op).__name__, getattr(op, "id", "") or op.element.id) for op in page.take().ops()]

    def test_the_script_is_put_once_before_the_first_figure_of_each_tab(self, page: Page, figure: Any) -> None:
        deck = page.deck("d")
        deck.append("text")
        deck.append(figure("a"))
        deck.append(figure("b"), id="mine")
        page.deck("other").append(figure("c"))
        first, second = shown(page).decks
        assert [element.id for element in first.elements] == ["e1", PLOTLY.id, "e2", "mine"]
        assert [element.id for element in second.elements] == [PLOTLY.id, "e1"]
        assert [SCRIPT in element.html for element in first.elements] == [False, True, False, False]
        deck.append(figure("d"), id="mine")
        deck.append(figure("e"))
        assert self.ops(page) == [("Put", "mine"), ("Put", "e3")]

    def test_a_tab_whose_content_is_replaced_keeps_the_script_for_the_next_figure(
        self, page: Page, figure: Any
    ) -> None:
        Deck("d", "text")
        Deck("d", figure("a"))
        assert self.ops(page) == [("Put", PLOTLY.id), ("Put", "e1")]
        Deck("d", figure("b"))
        assert self.ops(page) == [("Put", "e1")]
        Deck("d", "text")
        assert self.ops(page) == [("Drop", PLOTLY.id), ("Put", "e1")]

    def test_a_block_that_becomes_a_figure_moves_behind_the_script(self, page: Page, figure: Any) -> None:
        deck = page.deck("d")
        deck.append("wait", id="one")
        deck.append("wait", id="two")
        document = shown(page)
        deck.append(figure("a"), id="two")
        deck.append(figure("b"), id="one")
        assert [element.id for element in shown(page, document).decks[0].elements] == [PLOTLY.id, "two", "one"]

    def test_the_script_goes_after_the_figures_when_the_deck_is_full(self, figure: Any) -> None:
        page = Page(max_bytes=20_000)
        deck = page.deck("d")
        for number in range(100):
            deck.append(figure(f"{number}:" + "x" * 1000))
        page_elements = elements(page)
        assert page_elements[0].id == PLOTLY.id
        assert page_elements[-1].html.startswith("<div>99:") or page_elements[-2].html.startswith("<div>99:")

    def test_what_cannot_be_rendered_is_shown(self, page: Page, figure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(figure, "to_html", lambda self, **_: 1 / 0)
        monkeypatch.setitem(sys.modules, "plotly.offline", None)
        page.deck("d").append(figure("a"))
        script, shown = elements(page)
        assert "plotly.js could not be found" in script.html
        assert "ZeroDivisionError" in shown.html

    def test_alone_a_figure_brings_its_script(self, figure: Any) -> None:
        assert to_html(figure("a")) == f"<script>{SCRIPT}</script><div>a</div>"

    def test_a_block_that_is_updated_or_extended_with_a_figure_stands_behind_the_script(
        self, page: Page, figure: Any
    ) -> None:
        deck = page.deck("d")
        updated = deck.append("before")
        extended = deck.append("before ")
        document = shown(page)
        updated.update(figure("a"))
        extended.extend(figure("b"))
        extended.extend(figure("c"))
        document = shown(page, document)
        assert [(element.id, element.html) for element in document.decks[0].elements[1:]] == [
            ("e1", "<div>a</div>"),
            ("e2", "before <div>b</div><div>c</div>"),
        ]
        assert document.decks[0].elements[0].id == PLOTLY.id


def test_many_points_at_once(page: Page) -> None:
    chart = page.deck("d").chart("c")
    chart.append(np.arange(3), a=np.array([1.5, np.nan, np.inf]), b=[1, 2])
    chart.append([], a=[])
    assert elements(page)[0].series == [Series("a", [0, 1, 2], [1.5, None, None]), Series("b", [0, 1], [1, 2])]


class Hostile:
    def __str__(self) -> None:  # type: ignore[override]
        raise RuntimeError("no")

    __repr__ = __float__ = __index__ = __len__ = __str__  # type: ignore[assignment]


def test_nothing_that_a_user_hands_over_raises(page: Page) -> None:
    deck = page.deck(Hostile())  # type: ignore[arg-type]
    deck.append(Hostile())
    deck.append(None)
    deck.markdown(Hostile()).extend(3)  # type: ignore[arg-type]
    bar = deck.progress(Hostile(), Hostile(), unit=Hostile())  # type: ignore[arg-type]
    bar.update(Hostile(), total=float("nan"), label=Hostile())
    bar.advance(Hostile())
    deck.value("v", Hostile(), Hostile(), Hostile())  # type: ignore[arg-type]
    deck.chart(Hostile()).append(Hostile(), a=Hostile())  # type: ignore[arg-type]
    deck.chart("c").append(1, a=Hostile(), b="x")
    deck.chart("c").append([1, 2], a=Hostile())
    assert [deck.name for deck in shown(page).decks] == ["<Hostile>"]


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (1, 1),
        (1.5, 1.5),
        (True, True),
        (None, None),
        ("warm", "warm"),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (Decimal("1.5"), 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**60, "1,152,921,504,606,846,976"),
        (-(2**53) - 1, "-9,007,199,254,740,993"),
        pytest.param(10**5000, "1e+5000", id="a number that Python does not write"),
        (-314159 * 10**30, "-3.14159e+35"),
        (timedelta(seconds=184), "3 min 4 s"),
        (datetime(2024, 5, 1, 12, 5, 30, tzinfo=UTC), "1 May 2024, 12:05:30 UTC"),
        (date(2024, 5, 1), "1 May 2024"),
        (np.datetime64("2024-05-01T12:00:00.5"), "1 May 2024, 12:00:00.5"),
        (np.timedelta64(90, "s"), "1 min 30 s"),
        ((1, 2), "(1, 2)"),
        (np.array(2.5), 2.5),
    ],
)
def test_values(page: Page, value: Any, held: float | bool | str | None) -> None:
    page.deck("d").value("v", value)
    (element,) = elements(page)
    assert element.value == held
    assert type(element.value) is type(held)


def test_times_on_the_x_axis(page: Page) -> None:
    page.deck("d").chart("c").append(datetime(2026, 11, 24, tzinfo=UTC), a=1)
    assert elements(page)[0].series == [Series("a", [1795478400.0], [1])]


def test_the_current_page_is_the_tasks_in_its_threads_too(page: Page) -> None:
    assert current_page() is page
    thread = threading.Thread(target=lambda: Deck("from a thread", "x"))
    thread.start()
    thread.join()
    assert [deck.name for deck in page.decks] == ["from a thread"]
    with bound_page(Page()) as inner:
        assert current_page() is inner
    assert current_page() is page


def test_outside_of_a_task_a_deck_is_harmless() -> None:
    deck = Deck("nowhere", "x")
    assert deck.html == "x"
    assert Deck.publish() is False


def test_an_unpublished_page_stays_bounded() -> None:
    page = Page(max_bytes=100_000)
    deck = page.deck("d")
    log = deck.append("", id="log")
    for number in range(5000):
        deck.append(f"{number}: {'x' * 100}")
        log.extend("y" * 100)
    assert page.take().weight < 150_000
    assert len(deck.html) < 110_000
    assert deck.html.endswith("x")


def test_an_unpublished_page_of_long_words_stays_bounded() -> None:
    page = Page(max_bytes=100_000)
    deck = page.deck("d")
    for number in range(1000):
        deck.value(f"tile {number}", "w" * 1000)
        deck.progress(f"bar {number} {'b' * 1000}", 10)
    pending = page.take()
    assert pending.weight <= 100_000
    assert sum(len(getattr(op.element, "label", "")) for op in pending.ops() if isinstance(op, Put)) < 100_000
    assert page.count < 200


def test_an_error_gets_its_tab(page: Page) -> None:
    with pytest.raises(ValueError, match="<b>") as caught:
        int("<b>")
    page.show_error(caught.value, "of no interest")
    page.show_error(caught.value, "in test_an_error_gets_its_tab: <i>")
    (deck,) = shown(page).decks
    assert deck.name == "Error"
    (element,) = deck.elements
    assert "ValueError: invalid literal" in element.html
    assert "&lt;b&gt;" in element.html
    assert "in test_an_error_gets_its_tab: &lt;i&gt;" in element.html


@pytest.mark.parametrize(
    "wrong", [{"min_interval": -1}, {"every": 0}, {"snapshot_interval": float("nan")}, {"max_bytes": 10}]
)
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UnsupportedOption, match=next(iter(wrong))):
        DeckPublish(**wrong)  # type: ignore[arg-type]


def test_importing_decks_is_light() -> None:
    code = (
        "import sys, livedeck.deck.page\n"
        "heavy = {'obstore', 'google.protobuf', 'numpy', 'pandas', 'asyncio', 'markdown_it', 'http', 'grpc'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
