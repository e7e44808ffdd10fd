"""A viewer who comes back to a Deck while more is published: it misses nothing. No server, and no clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flyteidl.admin.execution_pb2 import Execution

from livedeck.admin.live.changes import Subscription
from livedeck.admin.live.deck_log import DeckLog
from livedeck.admin.live.deck_stream import follow
from livedeck.admin.live.deck_tail import DeckTail
from livedeck.admin.live.keys import DeckKey, NodeKey
from livedeck.admin.live.nodes import RecordFollower
from livedeck.admin.live.recent import Kept
from livedeck.admin.live.states import NodeRecord
from livedeck.admin.notifiers import Notifier
from livedeck.client.sse import SseParser
from livedeck.deck.ops import Document, Html, Put, Segment
from livedeck.store import open_store
from livedeck.store.layout import DECK
from tests.admin.live.conftest import document_of, segment_of

NODE = NodeKey("p", "d", "e", "n0")


def segment(seq: Any) -> Any:
    return Segment(seq, "2026-11-24T12:00:00.000Z", [Put("main", Html(f"e{seq}", "x" * 1000))])


class BusyReader:
    """A log that, once ``tail`` is set, grows by a segment whenever one is read again."""

    def __init__(self, last: Any) -> None:
        self.last = last
        self.tail: DeckTail | None = None

    async def load(self) -> Any:
        return Document()

    async def next(self, after_seq: Any) -> Any:
        if after_seq >= self.last:
            return None
        if self.tail is not None:
            self.tail.log.offer(segment(self.tail.log.recent.seq + 1))
        return segment(after_seq + 1)

    async def head(self) -> None:
        """No page of another library."""


async def no_other(key: DeckKey, number: int) -> DeckLog:
    raise AssertionError(f"{key.path} is not the Deck that is followed")


async def test_segments_let_go_while_older_ones_are_read_are_made_up_for(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put(DECK, b"anything")
    reader = BusyReader(last=30)
    tail = DeckTail(
        NODE.attempt(0),
        DeckLog(store, reader, 0, kept=Kept(segments=10)),
        records=RecordFollower(NODE, NodeRecord(Execution()), Subscription(lambda _: True, Notifier())),
        open_log=no_other,
        watch=lambda _store, _files: SimpleNamespace(),
        wake=Notifier(),
    )
    await tail.log.pull(lambda: None, final=False)
    assert (tail.log.recent.first, tail.log.recent.seq) == (21, 30)
    reader.tail = tail

    @asynccontextmanager
    async def open_tail(_: Any) -> AsyncIterator[Any]:
        yield tail

    parser, seq = SseParser(), 5
    async for data in follow(SimpleNamespace(open=open_tail), NODE, 0, (0, seq)):  # type: ignore[arg-type]
        for event in parser.feed(data):
            if event.event == "segment":
                assert segment_of(event).seq == seq + 1, "a segment was left out"
                seq += 1
            elif event.event == "snapshot":
                seq = document_of(event).seq
        if seq == tail.log.recent.seq:
            break
    assert seq == 45
