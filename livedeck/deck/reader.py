"""Reading a Deck's log from the store: the snapshot, the segments after it, then one at a time.

A segment that cannot be read, or that is missing although one after it is there, does not hold up the log: in its place
comes one without ops that says what is wrong with it, which the document then names.
"""

import asyncio

from livedeck.deck import segments, snapshot
from livedeck.deck.ops import Document, Segment
from livedeck.deck.replay import Replay
from livedeck.errors import DeckError, ObjectNotFound, UnreadableObject
from livedeck.store import Meta, Store
from livedeck.store.layout import DECK, segment_key

AHEAD = 16
"""How many segments are asked for at once while catching up; those that are not there cost a request each."""
_LOOK_FURTHER = 8  # every so many misses, whether a snapshot has overtaken the log, or the next segment is lost
MISSING = "it is missing, although the segments after it are there"


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

        Raises:
            StoreError: the store cannot be read.
            DeckError: the segment is gone and a snapshot covers it: load again.
        """
        segment = await self._segment(after_seq + 1)
        if segment is not None:
            self._misses = 0
            return segment
        self._misses += 1
        if self._misses % _LOOK_FURTHER:
            return None
        await self._check_overtaken(after_seq)
        further = await self._store.ahead(segment_key(after_seq + 2))
        return await self._lost(after_seq + 1) if further is not None else None

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
        while found and found[-1] is None:
            found.pop()
        for seq, segment in zip(wanted, found, strict=False):
            known = segment or await self._lost(seq)
            if known is None:
                return False
            replay.apply(known)
        return len(found) == AHEAD

    async def _segment(self, seq: int) -> Segment | None:
        try:
            data = await self._store.aget(segment_key(seq))
        except ObjectNotFound:
            return None
        except UnreadableObject as error:
            return segments.unreadable(seq, str(error))
        return segments.decode_numbered(seq, data)

    async def _lost(self, seq: int) -> Segment | None:
        """The segment of a number that was not there while one after it was; None if a newer snapshot may have it.

        Segments are created one after the other: it was there before the later one, and is looked for once more.
        """
        segment = await self._segment(seq)
        if segment is not None:
            return segment
        page = await self.head()
        newer = page is not None and (self._page is None or page.etag != self._page.etag)
        return None if newer else segments.unreadable(seq, MISSING)

    async def _check_overtaken(self, after_seq: int) -> None:
        """Look whether the next segment was dropped for good (``history=False``)."""
        page = await self.head()
        if page is None or (self._page is not None and page.etag == self._page.etag):
            return
        self._page = page
        document = await self._snapshot()
        if document is not None and document.seq > after_seq and await self._segment(after_seq + 1) is None:
            raise DeckError(f"segment {after_seq + 1} is gone: a snapshot at {document.seq} covers it, load again")
