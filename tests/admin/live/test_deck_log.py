"""Reading a Deck when the store does not play along."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from livedeck.admin.live.deck_log import DeckLog, is_whole
from livedeck.admin.live.recent import Kept
from livedeck.admin.live.states import Published
from livedeck.admin.offload import Offloader
from livedeck.deck import kinds
from livedeck.deck.effort import LIGHT
from livedeck.deck.kinds.log import Block
from livedeck.deck.kinds.table import Column, Table
from livedeck.deck.ops import Document, Html, Op, Put, Segment
from livedeck.deck.reader import Reader
from livedeck.errors import DeckError, StoreUnavailable
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK
from tests.admin.conftest import Protos
from tests.admin.live.conftest import Log, World, created, read


def segment(seq: int) -> Segment:
    return Segment(seq, "2026-11-24T12:00:00.000Z", [Put("main", Html(f"e{seq}", "x"))])


class FakeReader:
    """A log whose segments can be missing, and whose snapshot stands where the test says."""

    def __init__(self, *, snapshot: int = 0, last: int = 0) -> None:
        self.snapshot = snapshot
        self.last = last
        self.gone: set[int] = set()

    async def load(self) -> Document:
        return Document(seq=self.snapshot)

    async def next(self, after_seq: int) -> Segment | None:
        if after_seq + 1 in self.gone:
            raise DeckError("gone")
        return segment(after_seq + 1) if after_seq < self.last else None

    async def head(self) -> None:
        """No page of another library."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(f"file://{tmp_path}/attempt")
    store.put(DECK, b"anything")
    return store


async def pull(log: DeckLog, *, final: bool = False) -> list[Any]:
    news = []
    moved = await log.pull(lambda: news.append(log.recent and log.recent.seq), final=final)
    assert moved == bool(news)
    return news


async def test_one_step_at_a_time(store: Store) -> None:
    reader = FakeReader(last=3)
    log = DeckLog(store, reader, 0)
    assert log.published is None
    assert await pull(log) == [0, 1, 2, 3]
    assert await pull(log) == []
    assert not log.offer(segment(3))
    assert not log.offer(segment(5))
    assert log.offer(segment(4))
    reader.last = 5
    assert await pull(log) == [5]


async def test_segments_cleared_away_are_in_the_snapshot(store: Store) -> None:
    reader = FakeReader(last=2)
    log = DeckLog(store, reader, 0)
    await pull(log)
    reader.gone, reader.snapshot, reader.last = {3, 4}, 4, 5
    await pull(log)
    assert log.recent is not None
    assert log.recent.seq == 5
    assert log.recent.since(2) is None
    assert await log.events(1, 4) is None


async def test_segments_cleared_away_without_a_snapshot_are_an_error(store: Store) -> None:
    reader = FakeReader(last=2)
    log = DeckLog(store, reader, 0)
    await pull(log)
    reader.gone = {3}
    with pytest.raises(DeckError):
        await pull(log)


async def test_at_the_end_the_last_snapshot_counts(store: Store) -> None:
    reader = FakeReader(last=2)
    log = DeckLog(store, reader, 0)
    await pull(log)
    reader.snapshot = 7
    await pull(log, final=True)
    assert log.recent is not None
    assert log.recent.seq == 7


async def test_reading_again_what_a_viewer_lacks(store: Store) -> None:
    log = DeckLog(store, FakeReader(last=3), 0)
    await pull(log)
    assert await log.events(1, 3) == log.recent.since(1)
    assert await log.events(3, 3) == []
    assert await log.events(2, 9) is None


async def test_what_is_more_than_a_snapshot_is_worth_is_not_read_again(store: Store) -> None:
    whole = DeckLog(store, FakeReader(last=9), 0)
    await pull(whole)
    log = DeckLog(store, FakeReader(last=9), 0, kept=Kept(bytes=sum(map(len, whole.recent.since(5))) + 1))  # type: ignore[arg-type]
    await pull(log)
    assert len(await log.events(5, 9)) == 4  # type: ignore[arg-type]
    assert await log.events(4, 9) is None


@pytest.mark.parametrize("at", ["x", "", "2026-11-24", "2026-11-24T12:00:00", "9" * 30])
async def test_a_time_that_is_none_is_not_told(store: Store, at: str) -> None:
    log = DeckLog(store, FakeReader(last=0), 0)
    await pull(log)
    assert log.offer(Segment(1, at, []))
    assert log.published == Published(1, "")


async def test_a_log_whose_placeholder_failed_is_found(tmp_path: Path) -> None:
    hand = Log(f"file://{tmp_path}/attempt")
    log = DeckLog(hand.store, Reader(hand.store), 0)
    assert await pull(log) == []
    hand.publish("there all the same")
    await pull(log)
    assert log.recent is not None
    assert log.recent.seq == 1


async def test_a_page_half_written_is_whole_once_nobody_writes_any_more(tmp_path: Path) -> None:
    hand = Log(f"file://{tmp_path}/attempt")
    now = [0.0]
    log = DeckLog(hand.store, Reader(hand.store), 0, clock=lambda: now[0])
    hand.foreign("half", whole=False)
    assert await pull(log) == []
    assert log.unsettled
    now[0] = 0.5
    hand.foreign("a longer half", whole=False)
    assert await pull(log) == []
    now[0] = 1.4
    assert await pull(log) == []
    now[0] = 1.6
    assert len(await pull(log)) == 1
    assert not log.unsettled
    assert log.published is not None  # type: ignore[unreachable]
    assert log.published.foreign
    hand.foreign("half at the end", whole=False)
    assert len(await pull(log, final=True)) == 1


@pytest.mark.parametrize(
    ("page", "whole"),
    [(b"<html></html>", True), (b"</HTML>\n\n ", True), (b"<html>", False), (b"", False), (b"</html><p>", False)],
)
def test_what_is_whole(page: bytes, whole: bool) -> None:
    assert is_whole(page) is whole


class Reading:
    """Opens readers of a store that fails with ``error`` while there is one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.failed = asyncio.Event()

    def __call__(self, store: Store, *, offload: Offloader) -> Reader:
        return _Reader(store, offload, self)


class _Reader(Reader):
    def __init__(self, store: Store, offload: Offloader, reading: Reading) -> None:
        super().__init__(store, offload)
        self._reading = reading

    async def next(self, after_seq: int) -> Segment | None:
        if self._reading.error is not None:
            self._reading.failed.set()
            raise self._reading.error
        return await super().next(after_seq)


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
async def world(tmp_path: Path, protos: Protos, reading: Reading) -> AsyncIterator[Any]:
    async with created(tmp_path, protos, open_reader=reading) as world:
        yield world


@pytest.mark.slow
async def test_a_store_that_fails_is_behind_and_then_live_again(world: World, reading: Reading) -> None:
    log = await world.run_with_deck()
    log.publish("one")
    async with world.deck() as stream:
        await stream.until("snapshot")
        reading.error = StoreUnavailable("429 Too Many Requests")
        log.publish("two")
        while read(event := (await stream.until("state"))[-1])["phase"] != "behind":
            pass
        assert "429" in read(event)["reason"]
        reading.error = None
        await stream.until("segment")
        while read((await stream.until("state"))[-1])["phase"] != "live":
            pass


async def test_a_store_that_fails_at_the_end_keeps_the_stream_until_it_answers(world: World, reading: Reading) -> None:
    log = await world.run_with_deck()
    async with world.deck() as stream:
        await stream.until("snapshot")
        reading.error = StoreUnavailable("503")
        log.publish("the last words")
        log.end()
        await world.finish()
        await reading.failed.wait()
        reading.error = None
        events = await stream.until("end")
        assert read(events[-1])["phase"] == "succeeded"
        assert events[-2].id == "0.2"


@pytest.mark.parametrize(
    "ops",
    [
        [Put("main", Html(f"e{number}", "x")) for number in range(LIGHT // 10)],
        [Put("main", Table("t", columns=[Column("a")], rows=[[number] for number in range(LIGHT)]))],
        [Put("main", kinds.log.Log("l", blocks=[Block("x", [0, 1], [0, 1])] * (LIGHT // 3)))],
    ],
    ids=["very many ops", "a table", "a log"],
)
async def test_what_is_heavy_is_applied_beside_the_event_loop(tmp_path: Path, ops: list[Op]) -> None:
    offloaded = []

    async def offload(function: Any, *args: Any) -> Any:
        offloaded.append(function.__name__)
        return function(*args)

    hand = Log(f"file://{tmp_path}/attempt")
    hand.placeholder()
    hand.publish("first")
    log = DeckLog(hand.store, Reader(hand.store, offload), 0, offload=offload)
    assert await pull(log) == [1]
    assert offloaded == []
    many = hand.segment(*ops)
    assert not log.offer(many)
    hand.put(many)
    assert await pull(log) == [2]
    assert "_apply" in offloaded
    assert log.recent is not None
    assert await log.recent.document() == hand.document
    hand.publish("last")
    assert await pull(log) == [3]
