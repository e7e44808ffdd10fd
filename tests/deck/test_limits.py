"""How many tabs, elements, lines and ops a Deck may hold."""

import pytest

from livedeck.deck import bounds
from livedeck.deck.kinds.progress import Progress
from livedeck.deck.limits import NOT_SHOWN, within
from livedeck.deck.ops import Chart, Drop, Extend, Html, Op, Put, Segment, Series
from livedeck.deck.page import DEFAULT, Page
from livedeck.deck.pending import Pending
from livedeck.deck.publish_machine import PublishMachine
from livedeck.deck.replay import Replay
from livedeck.deck.settings import DeckPublish
from livedeck.errors import UnsupportedOption


def document(page: Page) -> dict[str, dict[str, Html | Chart | Progress]]:
    replay = Replay()
    replay.apply_ops(page.take().ops())
    return {deck.name: {element.id: element for element in deck.elements} for deck in replay.document().decks}  # type: ignore[misc]


def test_tabs_beyond_the_bound_are_not_shown_and_the_first_tab_says_so() -> None:
    page = Page()
    for number in range(bounds.TABS + 500):
        tab = page.deck(f"tab {number}")
        tab.append("text")
        tab.chart("loss").append(1, a=2)
        assert tab.html == ("text" if number < bounds.TABS - 1 else "")
    page.show_error(ValueError("there is always room for it"), "Traceback ...")
    shown = document(page)
    assert list(shown) == [*(f"tab {number}" for number in range(bounds.TABS - 1)), "Error"]
    assert "Not shown here: tabs beyond the first 199." in shown["tab 0"][NOT_SHOWN].html
    assert len(page.decks) == bounds.TABS


@pytest.mark.parametrize("publish", [False, True])
def test_of_too_many_elements_the_oldest_of_the_fullest_tab_go(publish: bool) -> None:
    page, replay = Page(), Replay()
    small = page.deck("small").markdown("stays")
    log = page.deck("log")
    made = bounds.ELEMENTS + 3_000
    for number in range(made):
        log.append(f"line {number}")
        if publish and number % 500 == 0:
            replay.apply_ops(page.take().ops())
    small.update("stays, really")
    pending = page.take()
    assert pending.count <= 2 * bounds.ELEMENTS
    replay.apply_ops(pending.ops())
    assert replay.count <= bounds.ELEMENTS + 1
    ids = [id_ for id_ in replay.decks["log"] if id_ != NOT_SHOWN]
    assert ids == [f"e{number}" for number in range(made - len(ids) + 1, made + 1)]
    assert len(ids) > bounds.ELEMENTS - 1_000
    assert "Not shown here: elements older than" in replay.decks["log"][NOT_SHOWN].element().html
    assert replay.decks["small"]["e1"].element().text == "stays, really"


def test_what_outlives_its_element_counts_when_it_comes_back() -> None:
    page = Page()
    tab = page.deck("d")
    bar = tab.progress("work")
    tab.remove("progress:work")
    assert page.count == 0
    bar.advance()
    assert page.count == 1
    assert list(document(page)["d"]) == ["progress:work"]


def test_elements_made_and_removed_between_two_publishes_leave_nothing() -> None:
    page = Page()
    tab = page.deck("d")
    tab.append("x", id="kept")
    page.take()
    for number in range(1000):
        tab.append("x", id=f"{number}")
        tab.remove(f"{number}")
    tab.remove("kept")
    tab.append("x", id="kept")
    tab.remove("kept")
    *touched, last = page.take().ops()
    assert last == Drop("d", "kept")
    assert len(touched) == 2, "the tab is there whatever becomes of what was put on it"


def test_a_chart_shows_so_many_lines_and_the_tab_says_so() -> None:
    page = Page()
    chart = page.deck("d").chart("loss")
    chart.append(0, {f"line {number}": 1 for number in range(bounds.LINES - 1)})
    for step in range(3):
        chart.append(step, {"one": 1, "two": 2, "line 0": 3})
    shown = document(page)["d"]
    names = [line.name for line in shown["chart:loss"].series]
    assert names == [*(f"line {number}" for number in range(bounds.LINES - 1)), "one"]
    assert len(shown["chart:loss"].series[0].x) == 4
    assert "Not shown here: lines beyond the first 500 of the chart &#x27;loss&#x27;." in shown[NOT_SHOWN].html


def test_drops_that_wait_for_a_store_that_is_away_are_bounded() -> None:
    publishing = PublishMachine(DeckPublish(), title="t", wall=lambda: 0.0)
    batch = Pending()
    batch.put("d", Html("first", "x"))
    publishing.offer(batch, 0.0)
    for number in range(2 * bounds.ELEMENTS + 10):
        later = Pending()
        later.drop("d", f"{number}")
        publishing.offer(later, 0.0)
    assert publishing._batch.pending.count <= 2 * bounds.ELEMENTS


def test_how_large_a_deck_may_be_asked_to_be() -> None:
    assert DeckPublish(max_bytes=bounds.DOCUMENT_BYTES).max_bytes == bounds.DOCUMENT_BYTES
    with pytest.raises(UnsupportedOption, match="may be 134217728 at most"):
        DeckPublish(max_bytes=bounds.DOCUMENT_BYTES + 1)


class TestWithin:
    """A log that anything may have written."""

    @staticmethod
    def replay(*ops: Op) -> Replay:
        replay = Replay()
        replay.apply_ops(ops)
        return replay

    @staticmethod
    def segment(*ops: Op) -> Segment:
        return Segment(1, "2026-11-24T12:00:00.000Z", list(ops))

    def test_what_is_within_the_bounds_is_left_alone(self) -> None:
        segment = self.segment(*(Put("d", Html(f"{number}", "x")) for number in range(199)))
        assert within(Replay(), segment) is segment
        full = self.replay(*(Put("d", Html(f"{number}", "x")) for number in range(bounds.ELEMENTS)))
        assert within(full, segment) is segment, "it replaces what is there"

    def test_tabs(self) -> None:
        segment = self.segment(*(Put(f"tab {number}", Html("e", "x")) for number in range(bounds.OPS)))
        replay = self.replay(Put("mine", Html("e", "x")), Put("empty", Html("e", "x")), Drop("empty", "e"))
        taken = within(replay, segment)
        replay.apply(taken)
        assert list(replay.decks) == ["mine", "empty", *(f"tab {number}" for number in range(bounds.TABS - 2))]
        assert "This Deck holds more than is shown of one: 200 tabs" in replay.decks["mine"][NOT_SHOWN].element().html

    def test_names_of_tabs(self) -> None:
        long = "x" * (bounds.NAMES // 2)
        segment = self.segment(*(Put(f"{number}{long}", Html("e", "x")) for number in range(3)))
        replay = Replay()
        replay.apply(within(replay, segment))
        assert [name[:1] for name in replay.decks] == ["0"]
        (shown,) = replay.decks.values()
        assert list(shown) == [NOT_SHOWN, "e"]
        replay.apply(within(replay, Segment(2, "", [Drop(f"0{long}"), Put(f"1{long}", Html("e", "x"))])))
        assert [name[:1] for name in replay.decks] == ["1"]

    def test_that_nothing_of_it_is_shown_is_said(self) -> None:
        replay = Replay()
        replay.apply(within(replay, self.segment(Put("x" * (bounds.NAMES + 1), Html("e", "x")))))
        assert list(replay.decks) == [DEFAULT]
        assert list(replay.decks[DEFAULT]) == [NOT_SHOWN]

    def test_elements(self) -> None:
        ops: list[Op] = [Put(DEFAULT, Html(f"{number}", "x")) for number in range(49_000)]
        again: list[Op] = [Drop(DEFAULT, "0"), Put(DEFAULT, Html("again", "x")), Put(DEFAULT, Html("no room", "x"))]
        replay = Replay()
        replay.apply(within(replay, self.segment(*ops, *again)))
        assert replay.count == bounds.ELEMENTS + 1
        assert list(replay.decks[DEFAULT])[-2:] == ["9999", "again"]
        replay.apply(within(replay, Segment(2, "", [Drop(DEFAULT), *ops[:5]])))
        assert replay.count == 5

    def test_lines(self) -> None:
        def chart(first: int, last: int) -> Chart:
            return Chart("c", "Loss", [Series(f"{n}", [1], [1]) for n in range(first, last)])

        replay = self.replay(Put("d", chart(0, 300)))
        same = self.segment(Extend("d", chart(0, 300)))
        assert within(replay, same).ops == same.ops
        taken = within(replay, self.segment(Extend("d", chart(0, 400)), Extend("d", chart(400, 501)), Drop("d", "x")))
        assert [type(op) for op in taken.ops] == [Put, Extend, Drop]

    def test_bytes(self) -> None:
        replay = self.replay(Put("d", Html("a", "x" * 6_000)))
        replacing = self.segment(Put("d", Html("a", "y" * 9_000)))
        assert within(replay, replacing, 10_000).ops == replacing.ops
        growing = within(replay, self.segment(Extend("d", Html("a", "y" * 5_000)), Put("d", Html("b", "z"))), 10_000)
        assert [op.element.id for op in growing.ops] == [NOT_SHOWN, "b"]
