"""Reading a Deck's log from the store: the snapshot, the segments after it, then one at a time."""

import asyncio

from livedeck.deck import segments, snapshot
from livedeck.deck.ops import Document, Segment
from livedeck.deck.replay import Replay
from livedeck.errors import DeckError, ObjectNotFound
from livedeck.store import Meta, Store
from livedeck.store.layout import DECK, segment_key

AHEAD = 16
"""How many segments are asked for at once while catching up; those that are not there cost a request each."""
_LOOK_AT_PAGE = 8  # every so many misses, whether a snapshot has overtaken the log


class Reader:
    """Reads the Deck of one attempt.

    Args:
        store: The attempt's output prefix.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._misses = 0
        self._page: Meta | None = None

    async def load(self) -> Document | None:
        """The document as it stands: the snapshot and all segments after it. None when livedeck has written none.

        Raises:
            StoreError: the store cannot be read.
        """
        self._page = await self.head()
        document = await self._snapshot() if self._page else None
        replay = Replay(document)
        before = replay.seq
        while await self._catch_up(replay):
            pass
        return None if document is None and replay.seq == before else replay.document()

    async def next(self, after_seq: int) -> Segment | None:
        """The segment after a number; None while there is none.

        A segment that cannot be read counts as one that says nothing, so that it cannot hold up the log for ever.

        Raises:
            StoreError: the store cannot be read.
            DeckError: the segment is gone and a snapshot covers it: load again.
        """
        seq = after_seq + 1
        try:
            data = await self._store.aget(segment_key(seq))
        except ObjectNotFound:
            await self._check_overtaken(after_seq)
            return None
        self._misses = 0
        return _decoded(seq, data)

    async def head(self) -> Meta | None:
        """What is known of ``deck.html``; its ETag tells when a foreign Deck was overwritten."""
        return await self._store.ahead(DECK)

    async def _snapshot(self) -> Document | None:
        try:
            return snapshot.parse(await self._store.aget(DECK))
        except ObjectNotFound:
            return None

    async def _catch_up(self, replay: Replay) -> bool:
        """Apply the next few segments; whether there may be more."""
        wanted = range(replay.seq + 1, replay.seq + 1 + AHEAD)
        found = await asyncio.gather(*(self._segment(seq) for seq in wanted))
        for segment in found:
            if segment is None:
                return False
            replay.apply(segment)
        return True

    async def _segment(self, seq: int) -> Segment | None:
        try:
            return _decoded(seq, await self._store.aget(segment_key(seq)))
        except ObjectNotFound:
            return None

    async def _check_overtaken(self, after_seq: int) -> None:
        """Look now and then whether the next segment was dropped for good (``history=False``)."""
        self._misses += 1
        if self._misses % _LOOK_AT_PAGE:
            return
        page = await self.head()
        if page is None or (self._page is not None and page.etag == self._page.etag):
            return
        self._page = page
        document = await self._snapshot()
        if document is not None and document.seq > after_seq and await self._segment(after_seq + 1) is None:
            raise DeckError(f"segment {after_seq + 1} is gone: a snapshot at {document.seq} covers it, load again")


def _decoded(seq: int, data: bytes) -> Segment:
    try:
        segment = segments.decode(data)
    except DeckError:
        return Segment(seq, "", [])
    return segment if segment.seq == seq else Segment(seq, segment.at, [])
