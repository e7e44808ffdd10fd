"""What the publisher decides, step by step with a clock that stands still."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import bounds, limits, publish_machine, snapshot
from livedeck.deck.ops import Chart, Document, Drop, End, Extend, Html, Progress, Put, Series, Unreadable, Value
from livedeck.deck.pending import Pending
from livedeck.deck.publish_machine import (
    MOST_AT_ONCE,
    Create,
    Finished,
    Inspect,
    Outcome,
    Overwrite,
    PublishMachine,
    Remove,
    Wait,
)
from livedeck.deck.segments import decode
from livedeck.deck.settings import DeckPublish
from livedeck.testing.clock import FakeClock
from tests.deck.applying import apply
from tests.examples import examples

END = End("succeeded", "2026-11-24T12:00:00.000Z")


class Loop:
    """Carries steps out on paper."""

    def __init__(
        self, *, most_at_once: int = MOST_AT_ONCE, segment_bytes: int = bounds.SEGMENT_BYTES, **settings: Any
    ) -> None:
        self.clock = FakeClock()
        self.begun = self.clock.monotonic()
        self.logic = PublishMachine(
            DeckPublish(**settings),
            title="t",
            wall=self.clock.time,
            rng=lambda: 1.0,
            most_at_once=most_at_once,
            segment_bytes=segment_bytes,
        )

    def offer(self, *ops: Put | Extend | Drop) -> None:
        pending = Pending()
        for op in ops:
            pending.add(op)
        self.logic.offer(pending, self.clock.monotonic())

    def next(self) -> Any:
        return self.logic.next(self.clock.monotonic())

    def done(self, step: Any, outcome: Outcome = Outcome.LANDED, **found: Any) -> None:
        self.logic.done(step, outcome, self.clock.monotonic(), **found)

    def until(self, seconds: float) -> list[Any]:
        """Let everything succeed until so long after the beginning."""
        steps = self.run()
        while (left := self.begun + seconds - self.clock.monotonic()) > 1e-9:
            due = self.next().until
            self.clock.advance(left if due is None else min(left, due - self.clock.monotonic()))
            steps += self.run()
        return steps

    def run(self) -> list[Any]:
        """Let everything succeed until there is nothing to do for now."""
        steps = []
        while not isinstance(step := self.next(), Wait | Finished):
            self.done(step)
            steps.append(step)
        return steps


def test_updates_that_come_fast_are_merged_and_the_last_is_not_lost() -> None:
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
    assert loop.next() == Wait(loop.begun + publish_machine.MIN_LAG), "what is left is a snapshot"


def test_failures_are_tried_again_ever_more_slowly_with_the_same_bytes() -> None:
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
    health = loop.logic.replay.health
    assert (health.retried, health.refused, health.why) == (12, 0, "down")
    loop.clock.advance(100)
    loop.offer(Put("d", Html("a", "3")))
    segment = decode(next(step.data for step in loop.run() if isinstance(step, Create)))
    assert segment.health.why == "", "said once"
    assert segment.health.stored > len(first.data)
    assert loop.logic.replay.health.why == "down", "and kept by those who read"


def test_what_there_is_no_room_for_is_counted_apart_and_told_with_the_next_segment() -> None:
    loop = Loop()
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    loop.done(loop.next(), Outcome.FULL, error="No space left on device" * 100)
    assert loop.logic.why.startswith("No space left")
    loop.offer(Put("d", Html("a", "2")))
    loop.clock.advance(60)
    loop.run()
    loop.clock.advance(60)
    loop.run()
    health = loop.logic.replay.health
    assert (health.flushes, health.retried, health.refused) == (2, 1, 1)
    assert health.why.startswith("No space left")
    assert len(health.why) == 300


def test_the_end_does_not_wait_for_the_breaker() -> None:
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


def test_a_number_that_somebody_else_took() -> None:
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
    assert loop.next() == Wait(loop.clock.monotonic() + publish_machine.FIRST_WAIT), "a store may say both without end"
    loop.clock.advance(publish_machine.FIRST_WAIT)
    assert loop.next() == moved, "what was there is gone again: once more"
    loop.done(moved, Outcome.TAKEN)
    loop.done(loop.next(), found=moved.data)
    assert loop.logic.replay.seq == 2


def test_a_number_at_which_there_is_something_that_is_not_to_be_read() -> None:
    loop = Loop()
    loop.run()
    loop.offer(Put("d", Html("a", "1")))
    step = loop.next()
    loop.done(step, Outcome.TAKEN)
    loop.done(loop.next(), Outcome.UNREADABLE, error="it is a folder")
    moved = loop.next()
    assert (moved.seq, decode(moved.data).ops) == (2, decode(step.data).ops)
    loop.done(moved)
    assert loop.logic.replay.document().unreadable == [Unreadable(1, "it is a folder")]


def test_snapshots_come_when_the_log_has_outgrown_them_and_not_too_often() -> None:
    loop = Loop(min_interval=0.0, snapshot_interval=5.0)
    pages = []
    for number in range(60):
        loop.offer(Put("d", Html(str(number), "x" * 1000)))
        pages += [step.seq for step in loop.run() if isinstance(step, Overwrite)]
        loop.clock.advance(1.0)
    assert pages[0] == 0
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(pages[1:]))
    assert 2 <= len(pages) <= 5


def test_without_history_segments_go_once_two_snapshots_cover_them() -> None:
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


def test_at_the_end_segments_are_removed_last_and_for_a_moment_only() -> None:
    loop = Loop(min_interval=0.0, history=False)
    loop.run()
    for number in range(50):
        loop.offer(Put("d", Html("same", str(number))))
        loop.run()
    loop.logic.finish(END, loop.clock.monotonic())
    steps = []
    while not isinstance(step := loop.next(), Finished):
        steps.append(step)
        loop.clock.advance(0.1 if isinstance(step, Remove) else 0)
        loop.done(step)
    assert [type(step) for step in steps[:2]] == [Create, Overwrite]
    assert [step.seq for step in steps[2:]] == list(range(1, 11)), "a second at a tenth of a second each"
    assert loop.logic.complete


def test_at_the_end_every_segment_is_removed_when_there_is_time() -> None:
    loop = Loop(min_interval=0.0, history=False)
    loop.offer(Put("d", Html("a", "1")))
    loop.run()
    loop.logic.finish(END, loop.clock.monotonic())
    steps = loop.run()
    assert [step.seq for step in steps if isinstance(step, Remove)] == [1, 2]
    assert snapshot.parse(steps[1].data).end == END


def test_a_chart_whose_x_starts_over_costs_no_more_than_any_other() -> None:
    def stored(x_of: Callable[..., Any]) -> int:
        loop = Loop(min_interval=0.0)
        steps, pairs = loop.run(), []
        for number in range(2000):
            pairs.append((float(x_of(number)), float(number)))
            loop.offer(Extend("d", Chart("c", "loss", [Series("s", *([value] for value in pairs[-1]))])))  # type: ignore[arg-type]
            loop.clock.advance(1.0)
            steps += loop.run()
        loop.logic.finish(END, loop.clock.monotonic())
        steps += loop.run()
        (series,) = snapshot.parse(steps[-1].data).decks[0].elements[0].series
        assert list(zip(series.x, series.y, strict=True)) == pairs, "as they came, so that the oldest can go first"
        size = sum(len(step.data) for step in steps)
        last = len(steps[-1].data)
        assert size <= 3 * max(publish_machine.FREE_BYTES, last) + last * overdue(2000)
        return size

    assert stored(lambda number: number % 100) <= stored(lambda number: number)


def test_texts_and_values_that_cannot_be_encoded(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop(min_interval=0.0)
    loop.offer(
        Put("a\ud800", Html("i\udfff", "\ud83d\ude00 \ud800 \0")),
        Put("d", Value("v", "label", object())),  # type: ignore[arg-type]
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


def test_a_document_stays_within_its_limit() -> None:
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


def test_what_is_only_replaced_needs_no_room() -> None:
    loop = Loop(min_interval=0.0, max_bytes=10_000)
    old = [Html(f"old{number}", "o" * 500) for number in range(4)]
    loop.offer(*(Put("d", element) for element in old), Put("d", Html("figure", "f" * 5000)))
    loop.run()
    for letter in "gh":
        loop.offer(Put("d", Html("figure", letter * 5000)))
        loop.run()
        assert loop.logic.replay.document().decks[0].elements == [*old, Html("figure", letter * 5000)]
    loop.offer(Drop("d", "old0"), Put("d", Html("new", "n" * 3000)))
    loop.run()
    elements = loop.logic.replay.document().decks[0].elements
    assert elements == [*old[1:], Html("figure", "h" * 5000), Html("new", "n" * 3000)], "nor what takes another's place"
    loop.offer(Put("d", Html("figure", "i" * 7000)))
    loop.run()
    assert loop.logic.replay.weight <= 10_000
    ids = [element.id for element in loop.logic.replay.document().decks[0].elements]
    assert ids == ["figure", limits.NOTICE], "what is put again stays where it is while older blocks go"


def test_tiles_and_bars_go_when_nothing_else_is_left() -> None:
    limit = 50_000
    loop = Loop(min_interval=0.0, max_bytes=limit)
    for number in range(200):
        loop.offer(
            Put("d", Value(f"v{number}", "word", "w" * 1000)),
            Put("d", Progress(f"p{number}", "label " * 100, number)),
            Extend("c", Chart("c", "t", [Series(f"{number}" * 100, [1.0], [1.0])])),
        )
        loop.run()
        assert loop.logic.replay.weight <= limit
    tiles, charts = loop.logic.replay.document().decks
    (chart,) = [element for element in charts.elements if element.id == "c"]
    assert tiles.elements[-1].id == "p199"
    assert "Older data was left out" in next(element for element in tiles.elements if element.id == limits.NOTICE).html
    assert chart.series[-1].name.startswith("199")
    loop.offer(Put("d", Value("huge", "word", "w" * 60_000)), Put("d", Progress("i" * 60_000, "label")))
    loop.run()
    assert loop.logic.replay.weight <= limit
    (huge,) = [element for element in loop.logic.replay.document().decks[0].elements if element.id == "huge"]
    assert "58.7 KiB was left out" in huge.html


def test_tiles_stay_while_older_blocks_and_points_are_enough() -> None:
    loop = Loop(min_interval=0.0, max_bytes=50_000)
    loop.offer(Put("d", Value("v", "loss", 0.5)), Put("d", Progress("p", "files", 1, 2)))
    for number in range(300):
        loop.offer(
            Put("d", Html(str(number), "x" * 1000)),
            Extend("d", Chart("c", "t", [Series("s", [float(i) for i in range(20)], [1.0] * 20)])),
        )
        loop.run()
    ids = {element.id for element in loop.logic.replay.document().decks[0].elements}
    assert {"v", "p", "c", "299"} <= ids


def test_a_snapshot_that_fails_does_not_hold_up_the_log() -> None:
    loop = Loop(min_interval=0.0)
    page = loop.next()
    assert isinstance(page, Overwrite)
    loop.done(page, Outcome.FAILED, error="throttled")
    loop.offer(Put("d", Html("a", "1")))
    step = loop.next()
    assert isinstance(step, Create)
    loop.done(step)
    loop.clock.advance(publish_machine.FIRST_WAIT)
    page = loop.next()
    assert isinstance(page, Overwrite)
    assert snapshot.parse(page.data).seq == 1


def test_a_last_page_that_there_is_no_room_for_goes_without_its_script_at_once() -> None:
    loop = Loop()
    loop.offer(Put("d", Chart("c", "t", [Series("y", [1.0], [2.0])])))
    loop.run()
    loop.logic.finish(END, loop.clock.monotonic())
    loop.done(loop.next())
    whole = loop.next()
    loop.done(whole, Outcome.FULL, error="the disk is full")
    plain = loop.next()
    assert isinstance(plain, Overwrite), "without waiting"
    assert b"data-static" in whole.data
    assert b"data-static" not in plain.data
    assert len(plain.data) < len(whole.data) / 2
    assert snapshot.parse(plain.data) == snapshot.parse(whole.data)
    loop.done(plain)
    assert isinstance(loop.next(), Finished)


def test_a_page_that_does_not_fit_even_without_its_script_is_tried_again_with_it_after_a_while() -> None:
    loop = Loop()
    loop.offer(Put("d", Html("a", "1")))
    loop.run()
    loop.logic.finish(END, loop.clock.monotonic())
    loop.done(loop.next())
    for wait in (publish_machine.FIRST_WAIT, 2 * publish_machine.FIRST_WAIT):
        for script in (True, False):
            page = loop.next()
            assert isinstance(page, Overwrite)
            assert (b"data-static" in page.data) is script
            loop.done(page, Outcome.FULL, error="the disk is full")
        assert loop.next() == Wait(loop.clock.monotonic() + wait)
        loop.clock.advance(wait)
    assert [type(step) for step in loop.run()] == [Overwrite]
    assert loop.logic.complete


def overdue(seconds: float, limit: float = publish_machine.MAX_LAG) -> float:
    """How many snapshots may be written in that time for no other reason than that the last one is too old."""
    return 2 + math.log(limit / publish_machine.MIN_LAG, 1 + publish_machine.LAG_PER_AGE) + seconds / limit


@pytest.mark.parametrize("interval", [0.0, 7.0])
def test_whenever_the_end_comes_all_that_was_stored_is_at_most_three_times_the_deck(interval: float) -> None:
    """And what keeps the snapshot from falling too far behind."""
    for publishes in (10, 100, 140, 300, 301, 302, 700):
        loop = Loop(min_interval=0.0, snapshot_interval=interval)
        steps = loop.run()
        for number in range(publishes):
            loop.offer(Put("d", Html(str(number), "x" * 2000)))
            loop.clock.advance(1.0)
            steps += loop.run()
        loop.logic.finish(END, loop.clock.monotonic())
        steps += loop.run()
        last = len(steps[-1].data)
        more = last * overdue(publishes)
        assert sum(len(step.data) for step in steps) <= 3 * max(publish_machine.FREE_BYTES, last) + more, publishes


@pytest.mark.parametrize("publishes", [10, 200, 1000])
def test_a_short_task_writes_less_than_three_times_its_deck(publishes: int) -> None:
    """Whatever the page's size: within ten seconds there is one snapshot between the placeholder and the last."""
    loop = Loop()
    steps = loop.run()
    for number in range(publishes):
        loop.offer(Put("d", Html(str(number), "x" * 20_000)))
        steps += loop.until(9.9 * (number + 1) / publishes)
    loop.logic.finish(END, loop.clock.monotonic())
    steps += loop.run()
    assert sum(len(step.data) for step in steps) <= 3 * len(steps[-1].data)


def test_a_thousand_publishes_that_follow_each_other_write_less_than_three_times_their_deck() -> None:
    loop = Loop()
    steps = loop.run()
    for number in range(1000):  # as fast as `min_interval` allows, 50 s
        loop.offer(Put("d", Html(str(number), "x" * 2040)))
        steps += loop.until(0.05 * (number + 1))
    loop.logic.finish(END, loop.clock.monotonic())
    steps += loop.run()
    assert sum(len(step.data) for step in steps) <= 3 * len(steps[-1].data)


def test_a_bar_beside_a_large_figure_is_in_a_snapshot_before_long() -> None:
    loop = Loop()
    written = []
    loop.offer(Put("d", Html("figure", "x" * 5_000_000)))
    for number in range(1200):  # two minutes at 10 Hz
        loop.offer(Put("d", Progress("bar", "epochs", number, 1200)))
        steps = loop.until(number / 10)
        written += [(number / 10, snapshot.parse(step.data)) for step in steps if isinstance(step, Overwrite)]
    assert [round(at) for at, _ in written] == [0, 5, 20, 80]
    at, page = written[1]
    assert page.decks[0].elements[1].value == pytest.approx(10 * at, abs=1), "all that had been published by then"


@pytest.mark.slow
def test_a_large_page_and_a_slow_store_are_written_more_rarely() -> None:
    def pauses(size: int, took: float) -> Any:
        loop = Loop(max_bytes=bounds.DOCUMENT_BYTES)
        loop.offer(Put("d", Html("figure", "x" * size)))
        found: list[Any] = []
        while len(found) < 12:
            loop.offer(Put("d", Progress("bar", "epochs", loop.clock.monotonic())))
            step = loop.next()
            if isinstance(step, Overwrite):
                found.append(loop.clock.monotonic())
                loop.clock.advance(took)
            if isinstance(step, Wait):
                loop.clock.advance(0.5)
            else:
                loop.done(step)
        return max(later - earlier for earlier, later in itertools.pairwise(found))

    assert pauses(2_000_000, 0.1) == pytest.approx(publish_machine.MAX_LAG, abs=2)
    assert pauses(20_000_000, 0.1) == pytest.approx(20_000_000 / publish_machine.SNAPSHOT_RATE, abs=2)
    assert pauses(2_000_000, 8.0) == pytest.approx(8 * publish_machine.LAG_PER_WRITE + 8, abs=2)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "new"]), st.integers(0, 60_000), st.floats(0, 50)), max_size=40),
    st.sampled_from([0.0, 5.0, 60.0]),
)
@examples(150)
def test_whatever_is_published_the_snapshot_is_never_too_old_and_the_bytes_are_bounded(
    script: list[tuple[str, int, float]], interval: float
) -> None:
    loop = Loop(min_interval=0.0, snapshot_interval=interval)
    bound = max(publish_machine.MAX_LAG, interval)
    sizes = {Create: 0, Overwrite: 0}
    uncovered: list[float] = []  # when each segment was stored that no snapshot has yet
    largest = 0
    for number, (name, length, pause) in enumerate(script):
        loop.offer(Put("d", Html(name if name != "new" else str(number), "x" * length)))
        until = loop.clock.monotonic() + pause
        while loop.clock.monotonic() < until:
            for step in loop.run():
                sizes[type(step)] += len(step.data)
                uncovered = [*uncovered, loop.clock.monotonic()] if isinstance(step, Create) else []
                largest = max(largest, len(step.data))
            assert all(loop.clock.monotonic() - at < bound for at in uncovered)
            loop.clock.advance(min(until, loop.next().until or until) - loop.clock.monotonic())
    paid = max(publish_machine.FREE_BYTES, publish_machine.LOG_SHARE * sizes[Create])
    assert sizes[Overwrite] <= paid + largest * overdue(loop.clock.monotonic() - loop.begun, bound)


def test_a_deck_that_is_replaced_again_and_again_has_snapshots_for_half_of_what_its_log_takes() -> None:
    loop = Loop(min_interval=0.0, snapshot_interval=0.0)
    sizes = {Create: 0, Overwrite: 0}
    for number in range(300):
        loop.offer(Put("d", Html("same", str(number % 10) * 50_000)))
        for step in loop.run():
            sizes[type(step)] += len(step.data)
        loop.clock.advance(1.0)
    assert 0.4 <= sizes[Overwrite] / sizes[Create] <= 0.5


def test_what_is_too_much_for_one_segment_comes_in_several() -> None:
    loop = Loop(most_at_once=10_000)
    loop.offer(*(Put("d", Html(f"{number}", "x" * 4_000)) for number in range(5)), Put("d", Html("big", "y" * 30_000)))
    loop.logic.finish(END, loop.clock.monotonic())
    created = [decode(step.data) for step in loop.run() if isinstance(step, Create)]
    ids = [[op.element.id for op in segment.ops if isinstance(op, Put)] for segment in created]
    assert ids == [["0", "1"], ["2", "3"], ["4"], ["big"], []]
    assert created[-1].ops[-1] == END
    assert [element.id for element in loop.logic.replay.document().decks[0].elements] == [*"01234", "big"]


def test_who_waits_for_a_publish_waits_for_all_parts_of_it() -> None:
    loop = Loop(most_at_once=1_000, min_interval=0)
    pending = Pending()
    for number in range(3):
        pending.put("d", Html(f"{number}", "x" * 900))
    loop.logic.offer(pending, loop.clock.monotonic(), token=7)
    landed = []
    while not isinstance(step := loop.next(), Wait):
        loop.done(step)
        if isinstance(step, Create):
            landed.append(loop.logic.landed)
    assert landed == [0, 0, 7]


def test_an_element_whose_json_is_too_large_is_left_out_and_says_so() -> None:
    loop = Loop(segment_bytes=10_000)
    loop.offer(Put("d", Html("fine", "x")), Put("d", Html("zeros", "\0" * 3_000)))
    loop.until(1)
    fine, zeros = loop.logic.replay.document().decks[0].elements
    assert fine.html == "x"
    assert "This html was left out: it is too large to be published." in zeros.html
