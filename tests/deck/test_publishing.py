"""What the publisher decides, step by step with a clock that stands still."""

import itertools

import pytest

from livedeck.deck import publishing, snapshot
from livedeck.deck.document import apply
from livedeck.deck.ops import Chart, Document, End, Extend, Html, Put, Series, Value
from livedeck.deck.pending import Pending
from livedeck.deck.publishing import Create, Finished, Inspect, Outcome, Overwrite, Publishing, Remove, Wait
from livedeck.deck.segments import decode
from livedeck.deck.settings import DeckPublish
from livedeck.testing.clock import FakeClock

END = End("succeeded", "2026-11-24T12:00:00.000Z")


class Loop:
    """Carries steps out on paper."""

    def __init__(self, **settings) -> None:
        self.clock = FakeClock()
        self.logic = Publishing(DeckPublish(**settings), title="t", wall=self.clock.time, rng=lambda: 1.0)

    def offer(self, *ops) -> None:
        pending = Pending()
        for op in ops:
            pending.add(op)
        self.logic.offer(pending, self.clock.monotonic())

    def next(self):
        return self.logic.next(self.clock.monotonic())

    def done(self, step, outcome=Outcome.LANDED, **found) -> None:
        self.logic.done(step, outcome, self.clock.monotonic(), **found)

    def run(self) -> list:
        """Let everything succeed until there is nothing to do for now."""
        steps = []
        while not isinstance(step := self.next(), Wait | Finished):
            self.done(step)
            steps.append(step)
        return steps


def test_updates_that_come_fast_are_merged_and_the_last_is_not_lost():
    loop = Loop(min_interval=0.5)
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    assert len(loop.run()) == 1
    for number in range(2, 9):
        loop.offer(Put("d", Html("a", str(number))))
        assert loop.next() == Wait(loop.clock.monotonic() + 0.5)
    loop.clock.advance(0.5)
    (step,) = loop.run()
    segment = decode(step.data)
    assert segment.ops == [Put("d", Html("a", "8"))]
    assert (segment.health.flushes, segment.health.merged, segment.health.behind) == (2, 6, 0.5)
    assert loop.next() == Wait(None)


def test_failures_are_tried_again_ever_more_slowly_with_the_same_bytes():
    loop = Loop()
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    first = loop.next()
    waits = []
    for _ in range(12):
        step = loop.next()
        assert step == first
        loop.done(step, Outcome.FAILED, error="down")
        wait = loop.next()
        waits.append(wait.until - loop.clock.monotonic())
        loop.clock.advance(waits[-1])
        loop.offer(Put("d", Html("a", "2")))
    assert waits[:4] == pytest.approx([0.25, 0.5, 1.0, 2.0])
    assert waits[-1] == pytest.approx(30)
    loop.run()
    loop.clock.advance(1)
    loop.run()
    assert loop.logic.replay.seq == 2
    assert loop.logic.replay.health.retried == 12


def test_the_end_does_not_wait_for_the_breaker():
    loop = Loop(min_interval=1.0)
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    for _ in range(10):
        if not isinstance(step := loop.next(), Wait):
            loop.done(step, Outcome.FAILED, error="down")
            loop.clock.advance(40)
    loop.logic.finish(END, loop.clock.monotonic())
    loop.logic.finish(END, loop.clock.monotonic())
    step = loop.next()
    loop.done(step, Outcome.FAILED, error="down")
    assert loop.next().until - loop.clock.monotonic() <= 1.0
    loop.clock.advance(1.0)
    assert [type(step) for step in loop.run()] == [Create, Create, Overwrite]
    assert loop.next() == Finished()
    assert loop.logic.replay.end == END


def test_a_number_that_somebody_else_took():
    loop = Loop()
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    step = loop.next()
    loop.done(step, Outcome.TAKEN)
    inspect = loop.next()
    assert inspect == Inspect(step.key, 1)
    loop.done(inspect, found=b"rubbish")
    moved = loop.next()
    assert (moved.seq, decode(moved.data).seq, decode(moved.data).ops) == (2, 2, decode(step.data).ops)
    loop.done(moved, Outcome.TAKEN)
    loop.done(loop.next(), found=None)
    assert loop.next() == moved, "what was there is gone again: simply once more"
    loop.done(moved, Outcome.TAKEN)
    loop.done(loop.next(), found=moved.data)
    assert loop.logic.replay.seq == 2


def test_snapshots_come_when_the_log_has_outgrown_them_and_not_too_often():
    loop = Loop(min_interval=0.0, snapshot_interval=5.0)
    pages = []
    for number in range(60):
        loop.offer(Put("d", Html(str(number), "x" * 1000)))
        pages += [step.seq for step in loop.run() if isinstance(step, Overwrite)]
        loop.clock.advance(1.0)
    assert pages[0] == 0
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(pages[1:]))
    assert 2 <= len(pages) <= 5


def test_without_history_segments_go_once_two_snapshots_cover_them():
    loop = Loop(min_interval=0.0, snapshot_interval=0.0, history=False)
    removed, pages = [], [0]
    for number in range(60):
        loop.offer(Put("d", Html("same", str(number) * 20_000)))
        for step in loop.run():
            if isinstance(step, Overwrite):
                pages.append(step.seq)
            elif isinstance(step, Remove):
                removed.append(step.seq)
                assert step.seq <= pages[-2]
    assert removed == list(range(1, pages[-2] + 1))


def test_points_that_come_out_of_order_are_put_in_order():
    loop = Loop(min_interval=0.0)
    document = Document()

    def points(*pairs):
        nonlocal document
        loop.offer(Extend("d", Chart("c", "t", [Series("s", [x for x, _ in pairs], [y for _, y in pairs])])))
        for step in loop.run():
            if isinstance(step, Create):
                segment = decode(step.data)
                document = apply(document, segment)
                return segment.ops
        return []

    assert isinstance(points((1.0, 1.0), (3.0, 3.0))[0], Extend)
    assert isinstance(points((3.0, 3.5), (4.0, 4.0))[0], Extend)
    assert isinstance(points((2.0, 2.0))[0], Put)
    assert isinstance(points((5.0, 5.0))[0], Extend)
    (series,) = document.decks[0].elements[0].series
    assert series == Series("s", [1, 2, 3, 3, 4, 5], [1, 2, 3, 3.5, 4, 5])


def test_texts_and_values_that_cannot_be_encoded(caplog):
    loop = Loop(min_interval=0.0)
    loop.offer(
        Put("a\ud800", Html("i\udfff", "\ud83d\ude00 \ud800 \0")),
        Put("d", Value("v", "label", object())),
        Put("d", Html("kept", "x")),
    )
    (_, step) = loop.run()
    document = loop.logic.replay.document()
    assert document == apply(Document(), decode(step.data))
    assert document.decks[0].name == "a\ufffd"
    assert document.decks[0].elements == [Html("i\ufffd", "😀 \ufffd \0")]
    broken, kept = document.decks[1].elements
    assert "This value could not be published" in broken.html
    assert kept.html == "x"
    assert snapshot.parse(snapshot.render(document, live=True)) == document
    assert "deck_element_unencodable" in caplog.text


def test_a_document_stays_within_its_limit():
    limit = 50_000
    loop = Loop(min_interval=0.0, max_bytes=limit)
    for number in range(100):
        loop.offer(
            Put("texts", Html(str(number), f"{number}:" + "x" * 2000)),
            Extend("log", Html("log", f"line {number}\n" + "y" * 1000 + "\n")),
            Extend("charts", Chart("c", "t", [Series("s", [float(number)], [1.0])])),
        )
        loop.run()
        assert loop.logic.replay.weight <= limit
    document = loop.logic.replay.document()
    texts, log, charts = document.decks
    assert texts.elements[-1].html.startswith("99:") or texts.elements[-2].html.startswith("99:")
    assert log.elements[0].html.endswith("line 99\n" + "y" * 1000 + "\n")
    assert charts.elements[0].series[0].x[-1] == 99
    assert "Older data was left out" in log.elements[-1].html


def test_a_snapshot_that_fails_does_not_hold_up_the_log():
    loop = Loop(min_interval=0.0)
    page = loop.next()
    assert isinstance(page, Overwrite)
    loop.done(page, Outcome.FAILED, error="throttled")
    loop.offer(Put("d", Html("a", "1")))
    step = loop.next()
    assert isinstance(step, Create)
    loop.done(step)
    loop.clock.advance(publishing.FIRST_WAIT)
    page = loop.next()
    assert isinstance(page, Overwrite)
    assert snapshot.parse(page.data).seq == 1


@pytest.mark.parametrize("interval", [0.0, 7.0])
def test_whenever_the_end_comes_all_that_was_stored_is_at_most_three_times_the_deck(interval):
    for publishes in (10, 100, 140, 300, 301, 302, 700):
        loop = Loop(min_interval=0.0, snapshot_interval=interval)
        steps = loop.run()
        for number in range(publishes):
            loop.offer(Put("d", Html(str(number), "x" * 2000)))
            loop.clock.advance(1.0)
            steps += loop.run()
        loop.logic.finish(END, loop.clock.monotonic())
        steps += loop.run()
        assert sum(len(step.data) for step in steps) <= 3 * max(publishing.FREE, len(steps[-1].data)), publishes


def test_a_deck_that_is_replaced_again_and_again_has_snapshots_for_half_of_what_its_log_takes():
    loop = Loop(min_interval=0.0, snapshot_interval=0.0)
    sizes = {Create: 0, Overwrite: 0}
    for number in range(300):
        loop.offer(Put("d", Html("same", str(number % 10) * 50_000)))
        for step in loop.run():
            sizes[type(step)] += len(step.data)
        loop.clock.advance(1.0)
    assert 0.4 <= sizes[Overwrite] / sizes[Create] <= 0.5
