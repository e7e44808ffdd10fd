"""The publisher with its thread, over stores that misbehave."""

import itertools
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livedeck.deck import bounds, hints, snapshot
from livedeck.deck.ops import Document, Html, Put, Segment
from livedeck.deck.page import Page
from livedeck.deck.publisher import Publisher
from livedeck.deck.reader import Reader
from livedeck.deck.replay import Replay
from livedeck.deck.segments import decode
from livedeck.deck.settings import DeckPublish
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK, segment_key
from livedeck.testing.clock import FakeClock
from livedeck.testing.stores import Fault, FaultyStore

OPENED = hints.opened()
FAST = DeckPublish(min_interval=0.0, snapshot_interval=3600.0)
"""No page between the first and the last: what goes wrong happens to the next segment, however long it takes."""
_names = itertools.count()


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore(open_store(f"memory://publisher-{next(_names)}"))


def publisher_of(store: FaultyStore | Store, settings: DeckPublish = FAST, **options: Any) -> Publisher:
    publisher = Publisher(Page(max_bytes=settings.max_bytes), store, settings=settings, **options)
    publisher.start()
    return publisher


def segment(store: FaultyStore, seq: int) -> Segment:
    return decode(store.get(segment_key(seq)))


def texts(document: Document | None) -> list[str]:
    assert document is not None
    return [getattr(element, "html", "") for deck in document.decks for element in deck.elements]


async def test_a_deck_from_beginning_to_end(store: FaultyStore) -> None:
    page = Page()
    publisher = Publisher(page, store, settings=FAST, title="train")
    assert page.publish() is False
    publisher.start()
    page.deck("metrics").append("<b>1</b>")
    assert page.publish(wait=True, timeout=60)
    assert segment(store, 1).ops == [Put("metrics", Html("e1", "<b>1</b>"))]
    assert page.publish(wait=True, timeout=60), "nothing new is stored already"
    page.deck("metrics").append("<b>2</b>")
    publisher.close("succeeded")
    document = snapshot.parse(store.get(DECK))
    assert document == publisher.document() == await Reader(store).load()
    assert texts(document) == ["<b>1</b>", "<b>2</b>"]
    assert document.end.outcome == "succeeded"
    assert page.publish() is False
    assert b"<title>train</title>" in store.get(DECK)


def _link_out(path: Path) -> None:
    (path.parents[2] / "elsewhere").write_bytes(b"not the store's")
    path.symlink_to(path.parents[2] / "elsewhere")


@pytest.mark.parametrize(
    ("put_there", "words"),
    [
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "is not a regular file"),
        (_link_out, "is a link that leads out of the store"),
        (lambda path: path.symlink_to("nothing"), "is a link that leads nowhere"),
        (lambda path: path.symlink_to(path.name), "is a link that leads in a circle"),
        (lambda path: os.truncate(path.touch() or path, bounds.SEGMENT_BYTES + 1), "no more than"),
    ],
)
async def test_what_a_task_has_put_in_the_place_of_a_segment_is_stepped_over(
    tmp_path: Path, put_there: Callable[[Path], None], words: str
) -> None:
    store = open_store(f"file://{tmp_path}/store")
    place = tmp_path / "store" / segment_key(2)
    publisher = publisher_of(store)
    page = publisher._page
    page.deck("d").append("1")
    assert page.publish(wait=True, timeout=60)
    put_there(place)
    page.deck("d").append("2")
    assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    document = await Reader(store).load()
    assert document == publisher.document() == snapshot.parse(store.get(DECK))
    assert texts(document) == ["1", "2"]
    (gone,) = document.unreadable
    assert (gone.seq, words in gone.reason) == (2, True), gone.reason


def test_the_placeholder_is_there_before_anything_is_published(store: FaultyStore) -> None:
    store.hold()
    publisher = publisher_of(store)
    assert store.wait_held()
    assert [(write.verb, write.key) for write in store.writes] == [("put", DECK)]
    store.release()
    publisher.close("failed")
    assert snapshot.parse(store.get(DECK)).end.outcome == "failed"


def test_a_slow_store_never_holds_up_the_task_and_nothing_is_lost(store: FaultyStore) -> None:
    publisher = publisher_of(store)
    page = publisher._page
    bar = page.deck("d").progress("steps", 1000)
    assert page.publish(wait=True, timeout=60)
    store.hold()
    for step in range(1000):
        bar.advance()
        assert page.publish()
        if step == 0:
            assert store.wait_held()
    assert page.publish(wait=True, timeout=0.01) is False
    store.release()
    assert page.publish(wait=True, timeout=60)
    # The put that hung, and everything since in one more.
    assert [segment(store, seq).ops[0].element.value for seq in (2, 3)] == [1, 1000]
    assert segment(store, 3).health.merged == 998
    publisher.close("succeeded")


@pytest.mark.slow
def test_the_log_survives_lost_replies_throttling_and_a_full_disk(
    store: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livedeck.deck")
    publisher = publisher_of(store)
    page = publisher._page
    assert page.publish(wait=True, timeout=60)
    page.deck("d").append("0")
    assert page.publish(wait=True, timeout=60)
    for number, fault in enumerate([Fault.LOSES_REPLY, Fault.THROTTLED, Fault.FULL, Fault.FAILS], 1):
        store.script(fault)
        page.deck("d").append(str(number))
        assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    assert texts(snapshot.parse(store.get(DECK))) == ["0", "1", "2", "3", "4"]
    assert snapshot.parse(store.get(DECK)).health.retried == 4
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    recoveries = [record for record in caplog.records if "recovered" in record.message]
    assert len(warnings) == len(recoveries) == 4


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_one_warning_while_the_store_is_down_and_the_final_flush_is_bounded(
    store: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livedeck.deck")
    publisher = publisher_of(store)
    page = publisher._page
    page.deck("d").append("kept")
    assert page.publish(wait=True, timeout=60)
    store.break_down(Fault.FULL)
    page.deck("d").append("lost")
    assert page.publish(wait=True, timeout=0.3) is False
    until(lambda: "deck_publish_failing" in caplog.text)
    publisher.close("aborted", timeout=0.2)
    messages = [record.message for record in caplog.records]
    assert [message.partition(":")[0] for message in messages] == ["deck_publish_failing", "deck_flush_incomplete"]
    assert "disk is full" in messages[0]
    publisher._thread.join(60)
    assert not publisher._thread.is_alive()


def test_handlers_that_raise_cost_a_deck_nothing(store: FaultyStore) -> None:
    asked: list[str] = []

    class Refuses(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            asked.append(record.getMessage().partition(":")[0])
            raise ValueError("I/O operation on closed file.")

    handler = Refuses()
    logging.getLogger().addHandler(handler)
    try:
        publisher = publisher_of(store)
        page = publisher._page
        assert page.publish(wait=True, timeout=60)
        store.script(Fault.FULL)
        page.deck("d").append("kept")
        assert page.publish(wait=True, timeout=60)
        store.break_down(Fault.FULL)
        page.deck("d").append("lost")
        assert publisher.close("succeeded", timeout=0.2) is False
        publisher._thread.join(60)
    finally:
        logging.getLogger().removeHandler(handler)
    assert segment(store, 1).ops == [Put("d", Html("e1", "kept"))]
    assert {"deck_publish_failing", "deck_flush_incomplete"} <= set(asked)


def test_the_warning_says_when_only_the_last_page_is_missing(
    store: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()

    class Patient(Publisher):
        """The time that it has to close begins once the end is stored."""

        def _wait_closed(self, thread: threading.Thread, timeout: float) -> None:
            assert ended.wait(60)
            super()._wait_closed(thread, timeout)

    publisher = Patient(Page(), store, settings=FAST)
    publisher.start()
    publisher._page.deck("d").append("a")
    assert publisher._page.publish(wait=True, timeout=60)

    def hint(data: bytes) -> None:
        if publisher._logic.replay.end is not None:
            store.break_down()
            ended.set()

    publisher._hint = hint
    publisher.close("succeeded", timeout=0.2)
    assert "deck_flush_incomplete: the last deck.html was not stored within 0.2 s" in caplog.text
    publisher._thread.join(60)


@pytest.mark.slow
def test_removing_segments_holds_up_the_end_only_for_a_moment(caplog: pytest.LogCaptureFixture) -> None:
    """A store in which a removal takes for ever: the task ends all the same, and nothing is said to be missing."""
    asked, answers = threading.Event(), threading.Event()

    class Slow(FaultyStore):
        def delete(self, key: str) -> None:
            asked.set()
            answers.wait(60)

    store = Slow()
    # Its clock stands still: the time in which segments are removed is not over before the first was tried.
    publisher = publisher_of(store, DeckPublish(min_interval=0.0, history=False), clock=FakeClock())
    publisher._page.deck("d").append("a")
    assert publisher._page.publish(wait=True, timeout=60)
    publisher.close("succeeded", timeout=60)
    assert asked.wait(60)
    assert publisher._thread.is_alive(), "it was not waited for"
    answers.set()
    publisher._thread.join(60)
    assert not publisher._thread.is_alive()
    assert snapshot.parse(store.get(DECK)).end.outcome == "succeeded"
    assert "deck_flush_incomplete" not in caplog.text


def test_closing_twice_keeps_the_first_outcome(store: FaultyStore) -> None:
    publisher = publisher_of(store)
    publisher.close("aborted")
    publisher.close("succeeded")
    assert snapshot.parse(store.get(DECK)).end.outcome == "aborted"


def test_publishing_by_a_timer(store: FaultyStore) -> None:
    publisher = publisher_of(store, DeckPublish(min_interval=0.0, every=0.01))
    landed = threading.Event()
    publisher._hint = lambda data: landed.set()
    publisher._page.deck("d").append("no call")
    assert landed.wait(60)
    assert segment(store, 1).ops[0].element.html == "no call"
    publisher.close("succeeded")


def test_an_unchanged_deck_sends_nothing(store: FaultyStore) -> None:
    hints: list[Any] = []
    publisher = publisher_of(store, hint=hints.append)
    page = publisher._page
    page.deck("d").append("once")
    for _ in range(100):
        assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    assert [decode(each).seq for each in hints] == [1, 2]
    assert decode(hints[1]).ops[-1].outcome == "succeeded"
    assert segment(store, 2).health.flushes == 2


def test_a_hint_follows_each_stored_segment(store: FaultyStore) -> None:
    hints: list[Any] = []
    publisher = publisher_of(store, hint=hints.append)
    page = publisher._page
    page.deck("d").append("small")
    assert page.publish(wait=True, timeout=60)
    page.deck("d").append("x" * 300_000)
    assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    assert hints[0] == store.get(segment_key(1))
    assert hints[1] == b'{"seq": 2}'
    assert decode(hints[2]).ops[-1].outcome == "succeeded"


def test_while_the_store_fails_hints_say_how_far_behind(store: FaultyStore) -> None:
    told = threading.Event()
    hints = []

    def hint(data: bytes) -> None:
        hints.append(data)
        told.set()

    publisher = publisher_of(store)
    assert publisher._page.publish(wait=True, timeout=60)
    publisher._page.deck("d").append("0")
    assert publisher._page.publish(wait=True, timeout=60)
    publisher._hint = hint
    store.script(Fault.FAILS)
    publisher._page.deck("d").append("1")
    publisher.publish()
    assert told.wait(60)
    assert hints[0].startswith(b'{"behind": ')
    assert b'"why": ' in hints[0]
    publisher.close("succeeded")


def test_a_hint_that_raises_does_not_stop_the_publisher(store: FaultyStore, caplog: pytest.LogCaptureFixture) -> None:
    def hint(data: bytes) -> None:
        raise RuntimeError("no such thing")

    publisher = publisher_of(store, hint=hint)
    publisher._page.deck("d").append("a")
    assert publisher._page.publish(wait=True, timeout=60)
    publisher.close("succeeded", timeout=60)
    assert texts(snapshot.parse(store.get(DECK))) == ["a"]
    assert caplog.text.count("deck_hint_error") == 1


def test_an_impossible_error_is_shown_and_survived(store: FaultyStore, caplog: pytest.LogCaptureFixture) -> None:
    class BrokenClock(FakeClock):
        broken = 1

        def time(self) -> float:
            if self.broken:
                self.broken -= 1
                raise ArithmeticError("the clock broke")
            return super().time()

    publisher = publisher_of(store, clock=BrokenClock())
    publisher._page.deck("d").append("a")
    assert publisher._page.publish(wait=True, timeout=60)
    publisher.close("succeeded", timeout=60)
    assert caplog.text.count("deck_publisher_error") == 1
    assert any("the clock broke" in text for text in texts(snapshot.parse(store.get(DECK))))


def test_a_store_that_raises_what_it_should_not_counts_as_failing(
    store: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = publisher_of(store)
    assert publisher._page.publish(wait=True, timeout=60)
    store.script(Fault.BUG)
    publisher._page.deck("d").append("a")
    assert publisher._page.publish(wait=True, timeout=60)
    publisher.close("succeeded", timeout=60)
    assert "deck_store_error" in caplog.text
    assert texts(snapshot.parse(store.get(DECK))) == ["a"]


def test_a_forked_child_neither_publishes_nor_closes(store: FaultyStore, tmp_path: Path) -> None:
    disk = open_store(f"file://{tmp_path}")
    publisher = publisher_of(disk)
    page = publisher._page
    page.deck("d").append("parent")
    assert page.publish(wait=True, timeout=60)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            page.deck("d").append("child")
            if page.publish() is False and page.publish(wait=True, timeout=1) is False:
                publisher.close("failed")
                code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    publisher.close("succeeded")
    document = snapshot.parse(disk.get(DECK))
    assert texts(document) == ["parent"]
    assert document.end.outcome == "succeeded"


def test_a_forked_child_is_not_stuck_on_a_lock_that_another_thread_held(store: FaultyStore) -> None:
    page = Page()
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with page.lock:
            taken.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(60)
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        page.deck("d").append("child")
        os._exit(0)
    done.set()
    holder.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("inside", ["publish", "component"])
def test_a_signal_handler_may_close_it_in_the_middle_of_anything(store: FaultyStore, inside: str) -> None:
    """SIGTERM interrupts the task while it holds a lock; the final flush must not wait for that lock."""
    publisher = publisher_of(store)
    page = publisher._page
    page.deck("d").append("a")
    lock = publisher._lock if inside == "publish" else page.lock
    with lock:
        publisher.close("aborted", timeout=60)
    document = snapshot.parse(store.get(DECK))
    assert document.end.outcome == "aborted"
    assert texts(document) == ["a"]


def test_a_hundred_megabytes_in_one_element(store: FaultyStore) -> None:
    publisher = publisher_of(store)
    page = publisher._page
    page.deck("d").append("before")
    page.deck("d").append("x" * 100_000_000)
    page.deck("d").markdown("é" * 50_000_000)
    assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    first, second, third = texts(snapshot.parse(store.get(DECK)))
    assert first == "before"
    for text in (second, third):
        assert "95.4 MiB was left out" in text
    assert store.head(DECK).size < 1_000_000


def test_memory_stays_bounded_however_long_the_store_is_down(store: FaultyStore) -> None:
    limit = 200_000
    publisher = publisher_of(store, DeckPublish(min_interval=0.0, max_bytes=limit))
    page = publisher._page
    assert page.publish(wait=True, timeout=60)
    store.break_down()
    log = page.deck("log").append("", id="log")
    chart = page.deck("charts").chart("loss")
    for step in range(3000):
        log.extend(f"line {step}: {'x' * 100}\n")
        chart.append(step, loss=1.0)
        page.deck("tables").append(f"table {step}: {'y' * 100}")
        publisher.publish()
    with publisher._lock:
        staged = sum(pending.weight for pending in publisher._staged)
    assert staged <= 2 * limit
    store.recover()
    publisher.close("succeeded", timeout=60)
    document = snapshot.parse(store.get(DECK))
    everything = texts(document)
    assert any("line 2999" in text for text in everything)
    assert any("Older data was left out" in text for text in everything)
    assert not any("line 0:" in text for text in everything)
    assert Replay(document).weight <= limit


def test_a_thousand_publishes_cost_at_most_three_times_the_final_deck(store: FaultyStore) -> None:
    publisher = publisher_of(store, DeckPublish(min_interval=0.0, snapshot_interval=0.0))
    page = publisher._page
    for _ in range(1000):
        page.deck("d").append("x" * 2000)
        assert page.publish(wait=True, timeout=60)
    publisher.close("succeeded")
    assert len({write.key for write in store.writes}) == len(list(store.list()))
    assert sum(write.size for write in store.writes) <= 3 * 1000 * 2000
    snapshots = [write.size for write in store.writes if write.key == DECK]
    assert 4 < len(snapshots) < 30


def test_a_deck_that_nobody_knew_of_is_announced_once_and_first(store: FaultyStore) -> None:
    hinted: list[bytes] = []
    publisher = publisher_of(store, hint=hinted.append, announce=True)
    publisher.publish(wait=True)
    publisher._page.deck("main").text("one")
    assert publisher.publish(wait=True, timeout=30)
    assert publisher.close("succeeded")
    assert hinted[0] == OPENED
    assert all(b'"ops"' in data for data in hinted[1:])


def test_it_is_announced_until_somebody_has_heard(store: FaultyStore) -> None:
    hinted: list[bytes] = []

    def heard(data: bytes) -> bool:
        hinted.append(data)
        return hinted.count(OPENED) == 3

    publisher = publisher_of(store, hint=heard, announce=True)
    publisher.publish(wait=True)
    for number in range(5):
        publisher._page.deck("main").value("number", number)
        assert publisher.publish(wait=True, timeout=30)
    assert publisher.close("succeeded")
    assert hinted.count(OPENED) == 3
