"""When a Deck's tail looks at the store: what hints bring it need not be asked for. No server, and no clock."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import WorkflowExecution as W

from livedeck.admin.live.changes import Subscription
from livedeck.admin.live.deck_log import DeckLog
from livedeck.admin.live.deck_tail import DeckTail
from livedeck.admin.live.hints import Hint
from livedeck.admin.live.keys import DeckKey, NodeKey
from livedeck.admin.live.nodes import RecordFollower
from livedeck.admin.live.states import NodeRecord
from livedeck.admin.live.wakes import HINT_WAIT, HINTED, UnhintedFiles
from livedeck.admin.notifiers import Notifier
from livedeck.deck.ops import Document, End, Html, Put, Segment
from livedeck.store import open_store
from livedeck.store.layout import DECK, segment_key

NODE = NodeKey("p", "d", "e", "n0")


class CountingReader:
    """A log of so many segments that counts how often it is asked for the next one."""

    def __init__(self) -> None:
        self.last = 0
        self.asked = 0

    async def load(self) -> Document:
        return Document()

    async def next(self, after_seq: int) -> Segment | None:
        self.asked += 1
        return segment(after_seq + 1) if after_seq < self.last else None

    async def head(self) -> None:
        """No page of another library."""


def segment(seq: int) -> Segment:
    return Segment(seq, "2026-11-24T12:00:00.000Z", [Put("main", Html(f"e{seq}", "x"))])


async def no_other(key: DeckKey, number: int) -> DeckLog:
    raise AssertionError(f"{key.path} is not the Deck that is followed")


async def rest() -> None:
    """Let the tail do what it has to do now."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
def reader() -> CountingReader:
    return CountingReader()


@pytest.fixture
async def tail(tmp_path: Path, reader: CountingReader) -> AsyncIterator[DeckTail]:
    """The tail of a Deck in a folder, which runs and has looked once; its clock stands still."""
    store = open_store(f"file://{tmp_path}")
    store.put(DECK, b"anything")
    execution = Execution()
    execution.closure.phase = W.RUNNING
    tail = DeckTail(
        NODE.attempt(0),
        DeckLog(store, reader, 0),
        records=RecordFollower(NODE, NodeRecord(execution), Subscription(lambda _: True, Notifier())),
        open_log=no_other,
        watch=lambda _store, _files: SimpleNamespace(active=False, refresh=lambda: None, close=lambda: None),
        wake=Notifier(),
        clock=lambda: 1000.0,
    )
    running = asyncio.create_task(tail.run())
    await until(lambda: reader.asked)
    await rest()
    yield tail
    running.cancel()
    await asyncio.wait([running])


async def test_a_segment_that_a_hint_brings_is_not_looked_for_in_the_store(
    tail: DeckTail, reader: CountingReader
) -> None:
    before = reader.asked
    for seq in range(1, 21):
        tail.hint(Hint(segment=segment(seq)))
        tail.hint(Hint(segment=segment(seq)))  # another server passes it on, too
        await rest()
    assert tail.log.recent is not None
    assert (tail.log.recent.seq, reader.asked) == (20, before)


@pytest.mark.parametrize("hint", [Hint(segment=segment(3)), Hint()], ids=["one is missing", "no segment"])
async def test_the_store_is_looked_at_for_what_a_hint_does_not_bring(
    tail: DeckTail, reader: CountingReader, hint: Hint
) -> None:
    tail.hint(Hint(segment=segment(1)))
    reader.last = 3
    tail.hint(hint)
    await until(lambda: tail.log.recent is not None and tail.log.recent.seq == 3)


async def test_the_end_of_a_deck_is_looked_into(tail: DeckTail, reader: CountingReader) -> None:
    before = reader.asked
    tail.hint(Hint(segment=Segment(1, "2026-11-24T12:00:00.000Z", [End("succeeded", "2026-11-24T12:00:00.000Z")])))
    await until(lambda: reader.asked > before)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def file(number: int) -> list[str]:
    return [Path(segment_key(number)).name]


async def test_files_wake_at_once_where_no_hints_come() -> None:
    wake, clock = Notifier(), Clock()
    files = UnhintedFiles(wake, lambda _: False, clock)
    files.appeared(file(1))
    assert wake.count == 1
    files.hinted()
    clock.now += HINTED + 1
    files.appeared(file(2))
    assert wake.count == 2


async def test_where_hints_come_a_file_wakes_unless_its_hint_does() -> None:
    wake, clock, known = Notifier(), Clock(), {1}
    files = UnhintedFiles(wake, known.__contains__, clock)
    files.hinted()
    clock.now += 1
    files.appeared(file(2))
    known.add(2)
    files.hinted()
    await until(lambda: files.waiting is False)
    assert wake.count == 0, "its hint has come"
    files.appeared(file(2))
    assert not files.waiting, "it had come before"
    clock.now += 1
    files.appeared(file(3))
    files.appeared(file(4))
    assert wake.count == 0, "its hint may come"
    await until(lambda: wake.count == 1)
    files.appeared(file(5))
    files.close()
    assert not files.waiting


async def test_what_is_no_segment_wakes_unless_a_hint_has_just_come() -> None:
    wake, clock = Notifier(), Clock()
    files = UnhintedFiles(wake, lambda _: True, clock)
    files.hinted()
    files.appeared([DECK])
    await until(lambda: files.waiting is False)
    assert wake.count == 0
    clock.now += 1
    for names in ([DECK], [""], [*file(1), DECK]):
        seen = wake.count
        files.appeared(names)
        await until(lambda seen=seen: wake.count > seen)


async def test_a_loop_that_is_late_may_have_a_hint_to_read_still() -> None:
    wake, clock = Notifier(), Clock()
    files = UnhintedFiles(wake, lambda _: False, clock)
    files.hinted()
    clock.now += 1
    files.appeared(file(1))
    clock.now += 1  # so that the timer goes off late, the first time
    begun = asyncio.get_running_loop().time()
    await until(lambda: wake.count == 1)
    assert asyncio.get_running_loop().time() - begun >= 2 * HINT_WAIT * 0.99
