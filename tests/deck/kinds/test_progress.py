"""Progress bars: how fast they go, bars in bars, how they end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import snapshot
from livedeck.deck.kinds.progress import MOST_INNER, ProgressBar
from livedeck.deck.ops import Document, Progress, Segment, Tab
from livedeck.deck.page import Page
from livedeck.deck.segments import decode, encode
from livedeck.deck.speed import Stopwatch
from tests.deck.applying import apply_ops

CASES = json.loads((Path(__file__).parents[2] / "fixtures" / "tile_cases.json").read_text(encoding="utf-8"))


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def bars(page: Page) -> dict[str, Progress]:
    """What was published, by its label."""
    document = apply_ops(Document(), page.take().ops())
    return {each.label: each for tab in document.decks for each in tab.elements if isinstance(each, Progress)}


def timed(page: Page, clock: Clock, total: float | None = None) -> ProgressBar:
    """A bar by that clock."""
    tab = page.deck("d")._tab.here()
    return tab.handle("p", ProgressBar(tab, "p", "p", total, "files", clock=clock))


@pytest.mark.parametrize("case", CASES["bars"], ids=lambda case: case["amount"])
def test_words_beside_it(case: Any) -> None:
    bar = msgspec.convert(case["bar"], Progress)
    assert (bar.amount(), bar.pace()) == (case["amount"], case["pace"])


def test_it_says_how_fast_it_goes_from_half_a_second_on_and_not_once_it_is_over() -> None:
    page, clock = Page(), Clock()
    bar = timed(page, clock, total=100)
    bar.advance(10)
    assert bars(page)["p"].rate is None
    clock.now += 2
    bar.advance(10)
    shown = bars(page)["p"]
    assert (shown.rate, shown.pace()) == (10, "10 files/s · 8.0 s left")
    clock.now += 1.25
    bar.update(100)
    shown = bars(page)["p"]
    assert (shown.rate, shown.seconds) == (None, 3.2)
    clock.now += 60
    bar.update(100)
    assert bars(page)["p"].seconds == 3.2, "it took no longer than until it was done"
    bar.update(50)
    assert bars(page)["p"].seconds == 0


def test_a_rate_follows_slowly_and_begins_anew_where_the_value_goes_back() -> None:
    clock = Clock()
    watch, rates = Stopwatch(clock), []
    for value in (10, 20, 30, 30, 30, 30):
        clock.now += 1
        watch.note(value)
        rates.append(watch.rate)
    assert rates == [10, 10, 10, 8, 6.4, 5.12]
    watch.note(5)
    assert watch.rate is None
    clock.now += 2
    watch.note(11)
    assert watch.rate == 3


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(allow_nan=False, allow_infinity=False)), max_size=20))
def test_whatever_is_noted_a_rate_is_positive_or_none(noted: list[tuple[float, float]]) -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    for seconds, value in noted:
        clock.now += seconds
        watch.note(value)
        assert watch.rate is None or watch.rate > 0


def test_bars_stand_in_bars_and_begin_anew() -> None:
    page = Page()
    epochs = page.deck("d").progress("epochs", total=2)
    for _ in epochs.track(range(2)):
        batches = epochs.progress("batches", unit="batches")
        assert list(batches.track(iter("abc"))) == ["a", "b", "c"]
    document = apply_ops(Document(), page.take().ops())
    outer, inner = document.decks[0].elements
    assert isinstance(outer, Progress)
    assert isinstance(inner, Progress)
    assert outer.bars == [inner.id]
    assert (outer.value, outer.total, outer.phase) == (2, 2, "done")
    assert (inner.value, inner.total, inner.phase) == (3, None, "done")
    page.deck("d").remove("progress:epochs")
    assert not apply_ops(document, page.take().ops()).decks[0].elements


def test_of_very_many_bars_in_a_bar_the_first_go() -> None:
    page = Page()
    outer = page.deck("d").progress("all")
    for number in range(3 * MOST_INNER):
        outer.progress(f"{number}").done()
    shown = bars(page)
    assert shown.pop("all").bars == [each.id for each in shown.values()]
    assert list(shown) == [str(number) for number in range(2 * MOST_INNER, 3 * MOST_INNER)]


def test_an_exception_that_leaves_it_is_a_failure() -> None:
    page = Page()
    bar = page.deck("d").progress("files", total=3)

    def items() -> Iterator[int]:
        yield 1
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        list(bar.track(items()))
    shown = bars(page)["files"]
    assert (shown.phase, shown.note, shown.value) == ("failed", "OSError: disk full", 1)
    with pytest.raises(KeyError), bar:
        raise KeyError("k")
    assert bars(page)["files"].note == "KeyError: 'k'"
    with bar:
        bar.advance(2)
    shown = bars(page)["files"]
    assert (shown.phase, shown.note, shown.value) == ("done", "", 2)
    with bar:
        bar.fail("x" * 1000)
    shown = bars(page)["files"]
    assert (shown.phase, len(shown.note)) == ("failed", 301)


def test_a_loop_that_is_left_early_leaves_it_as_it_is() -> None:
    page = Page()
    bar = page.deck("d").progress("files")
    for item in bar.track(range(10)):
        if item == 3:
            break
    shown = bars(page)["files"]
    assert (shown.phase, shown.value, shown.total) == ("", 3, 10)


def test_bars_of_many_tasks_are_one() -> None:
    parts = [
        ("a", Progress("p", "p", 2, 4, rate=1.5, bars=["x"])),
        ("b", Progress("p", "p", 4, 4, rate=9, seconds=3)),
        ("c", Progress("p", "p", 1, 4, rate=2, bars=["x", "y"])),
    ]
    assert Progress.joined(parts) == Progress("p", "p", 7, 12, rate=3.5, bars=["x", "y"])
    failed = ("d", Progress("p", "p", 1, 4, state="failed", note="no room"))
    joined = Progress.joined([*parts, failed])
    assert (joined.phase, joined.note) == ("failed", "d: no room")
    assert Progress.joined(parts[1:2]) == Progress("p", "p", 4, 4, state="done", seconds=3)


def test_what_is_said_to_be_done_is_shown_as_done_also_where_nobody_counted() -> None:
    page, clock = Page(), Clock()
    timed(page, clock, total=40).done()
    bar = bars(page)["p"]
    assert (bar.value, bar.total, bar.filled, bar.amount()) == (0, 40, 1, "done")
    html = snapshot.render(Document(1, "", [Tab("d", [bar])]), live=True).decode()
    assert 'aria-valuemax="40" aria-valuenow="40" aria-valuetext="done"' in html
    assert "width:100%" in html


def test_what_was_stored_before_these_fields_is_read() -> None:
    old = b'{"kind":"progress","id":"p","label":"files","value":1,"total":4}'
    bar = msgspec.json.decode(old, type=Progress)
    assert bar == Progress("p", "files", 1, 4)
    assert msgspec.json.encode(bar) == b'{"kind":"progress","id":"p","label":"files","value":1.0,"total":4.0}'


def test_a_saved_page_says_it_to_those_who_do_not_see_it() -> None:
    page = Page()
    outer = page.deck("d").progress("<files>", total=4, unit="MB")
    outer.advance(1)
    outer.progress("rows").fail("no <room>")
    document = apply_ops(Document(), decode(encode(Segment(1, "", page.take().ops()))).ops)
    html = snapshot.render(Document(1, "", [Tab("d", document.decks[0].elements)]), live=True).decode()
    assert (
        'role="progressbar" aria-label="&lt;files&gt;" aria-valuemin="0" aria-valuemax="4" aria-valuenow="1"'
        ' aria-valuetext="1 of 4 MB · 25 %"' in html
    )
    inner = html[html.index('<div class="ld-progress-inner">') :]
    assert 'class="ld-element ld-progress" data-failed>' in inner
    assert '<div class="ld-progress-note">no &lt;room&gt;</div>' in inner
