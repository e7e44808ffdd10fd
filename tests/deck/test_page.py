"""What users do to a Deck, and what becomes of it."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from livedeck.deck.document import apply_ops
from livedeck.deck.flyte import Deck, DeckPublish, Page, bound_page, current_page
from livedeck.deck.ops import Chart, Document, Drop, Html, Markdown, Progress, Put, Series, Value
from livedeck.errors import UnsupportedOption


@pytest.fixture
def page():
    with bound_page(Page()) as page:
        yield page


def shown(page, document=None) -> Document:
    return apply_ops(document or Document(), page.take().ops())


def elements(page):
    return [element for deck in shown(page).decks for element in deck.elements]


def test_a_deck_with_a_name_that_exists_replaces_the_tabs_content(page):
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
    assert deck.html == ""
    assert shown(page, document).decks[1].elements == []
    assert page.decks == [page.deck("other"), page.deck("metrics")]


def test_replacing_costs_one_put(page):
    Deck("metrics", "a")
    page.take()
    Deck("metrics", "b")
    assert page.take().ops() == [Put("metrics", Html("e1", "b"))]


def test_replacing_takes_everything_else_away(page):
    deck = Deck("d", "a")
    deck.append("b")
    deck.progress("p")
    page.take()
    deck.replace("c")
    assert page.take().ops() == [Drop("d", "e2"), Drop("d", "progress:p"), Put("d", Html("e1", "c"))]


def test_components(page):
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
        Value("value:loss", "loss", 0.4, "nats"),
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


def test_many_points_at_once(page):
    chart = page.deck("d").chart("c")
    chart.append(np.arange(3), a=np.array([1.5, np.nan, np.inf]), b=[1, 2])
    chart.append([], a=[])
    assert elements(page)[0].series == [Series("a", [0, 1, 2], [1.5, None, None]), Series("b", [0, 1], [1, 2])]


class Hostile:
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __float__ = __index__ = __len__ = __str__


def test_nothing_that_a_user_hands_over_raises(page):
    deck = page.deck(Hostile())
    deck.append(Hostile())
    deck.append(None)
    deck.markdown(Hostile()).extend(3)
    bar = deck.progress(Hostile(), Hostile(), unit=Hostile())
    bar.update(Hostile(), total=float("nan"), label=Hostile())
    bar.advance(Hostile())
    deck.value("v", Hostile(), Hostile(), Hostile())
    deck.chart(Hostile()).append(Hostile(), a=Hostile())
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
        (2**60, str(2**60)),
        ((1, 2), "(1, 2)"),
        (np.array(2.5), 2.5),
    ],
)
def test_values(page, value, held):
    page.deck("d").value("v", value)
    (element,) = elements(page)
    assert element.value == held
    assert type(element.value) is type(held)


def test_times_on_the_x_axis(page):
    page.deck("d").chart("c").append(datetime(2026, 11, 24, tzinfo=UTC), a=1)
    assert elements(page)[0].series == [Series("a", [1795478400.0], [1])]


def test_the_current_page_is_the_tasks_in_its_threads_too(page):
    assert current_page() is page
    thread = threading.Thread(target=lambda: Deck("from a thread", "x"))
    thread.start()
    thread.join()
    assert [deck.name for deck in page.decks] == ["from a thread"]
    with bound_page(Page()) as inner:
        assert current_page() is inner
    assert current_page() is page


def test_outside_of_a_task_a_deck_is_harmless():
    deck = Deck("nowhere", "x")
    assert deck.html == "x"
    assert Deck.publish() is False


def test_an_unpublished_page_stays_bounded():
    page = Page(max_bytes=100_000)
    deck = page.deck("d")
    log = deck.append("", id="log")
    for number in range(5000):
        deck.append(f"{number}: {'x' * 100}")
        log.extend("y" * 100)
    assert page.take().weight < 150_000
    assert len(deck.html) < 110_000
    assert deck.html.endswith("x")


def test_an_error_gets_its_tab(page):
    with pytest.raises(ValueError, match="<b>") as caught:
        int("<b>")
    page.show_error(caught.value)
    page.show_error(caught.value)
    (deck,) = shown(page).decks
    assert deck.name == "Error"
    (element,) = deck.elements
    assert "ValueError: invalid literal" in element.html
    assert "&lt;b&gt;" in element.html
    assert "test_an_error_gets_its_tab" in element.html


@pytest.mark.parametrize(
    "wrong", [{"min_interval": -1}, {"every": 0}, {"snapshot_interval": float("nan")}, {"max_bytes": 10}]
)
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(UnsupportedOption, match=next(iter(wrong))):
        DeckPublish(**wrong)


def test_importing_decks_is_light():
    code = (
        "import sys, livedeck.deck.flyte\n"
        "heavy = {'obstore', 'google.protobuf', 'numpy', 'pandas', 'asyncio', 'markdown_it', 'http', 'grpc'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
