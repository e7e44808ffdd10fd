"""Reading a Deck's log from the store: the snapshot, the segments after it, then one at a time.

A segment that cannot be read, or that is missing although one after it is there, does not hold up the log: in its place
comes one without ops that says what is wrong with it, which the document then names.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from livedeck.deck import bounds, limits, segments, snapshot
from livedeck.deck.effort import LIGHT_BYTES, is_light, is_light_document
from livedeck.deck.ops import Document, Segment
from livedeck.deck.replay import Replay
from livedeck.errors import DeckError, ObjectNotFound, UnreadableObject
from livedeck.store import Meta, Store
from livedeck.store.layout import DECK, segment_key

AHEAD = 16
"""How many segments are asked for at once while catching up; those that are not there cost a request each."""
AHEAD_BYTES: Final = 1024 * 1024
"""A larger segment is read alone, so that what is asked for at once stays small."""
SMALL: Final = 32 * 1024
"""Bytes that are decoded at once; more than that elsewhere, since the loop would stand still for everybody."""
_LOOK_FURTHER = 8  # every so many misses, whether a snapshot has overtaken the log, or the next segment is lost
MISSING = "it is missing, although the segments after it are there"

Offload = Callable[..., Awaitable[Any]]
"""Runs a function that takes long, with its arguments, beside the event loop."""


class Reader:
    """Reads the Deck of one attempt.

    Args:
        store: The attempt's output prefix.
        offload: Runs what takes long; in a thread by default.
        page_bytes: Bytes of a ``deck.html`` that is read, at most.
        segment_bytes: Bytes of a segment that is read, at most.
        ops: Ops of a segment that is read, at most.
    """

    def __init__(
        self,
        store: Store,
        offload: Offload = asyncio.to_thread,
        *,
        page_bytes: int = bounds.PAGE_BYTES,
        segment_bytes: int = bounds.SEGMENT_BYTES,
        ops: int = bounds.OPS,
    ) -> None:
        self._store = store
        self._page_bytes = page_bytes
        self._segment_bytes = segment_bytes
        self._ops = ops
        self._offload = offload
        self._misses = 0
        self._page: Meta | None = None

    async def load(self) -> Document | None:
        """The document as it stands: the snapshot and all segments after it. None when livedeck has written none.

        Raises:
            StoreError: the store cannot be read.
        """
        self._page = await self.head()
        document = await self._snapshot(self._page) if self._page else None
        light = document is None or is_light_document(document)
        replay = Replay(document) if light else await self._offload(Replay, document)
        before = replay.seq
        while await self._catch_up(replay):
            pass
        if document is None and replay.seq == before:
            return None
        return replay.document() if replay.weight <= LIGHT_BYTES else await self._offload(replay.document)

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

    async def _snapshot(self, page: Meta) -> Document | None:
        try:
            if not page.size or not snapshot.is_ours(await self._store.aget_range(DECK, 0, snapshot.HEAD_BYTES)):
                return None  # and may be of any size
            data = await self._store.aget(DECK, limit=self._page_bytes)
        except ObjectNotFound:
            return None
        return snapshot.parse(data) if len(data) <= SMALL else await self._offload(snapshot.parse, data)

    async def _catch_up(self, replay: Replay) -> bool:
        """Apply the next few segments; whether there may be more."""
        wanted = range(replay.seq + 1, replay.seq + 1 + AHEAD)
        found = list(await self._store.aget_each(*map(segment_key, wanted), limit=AHEAD_BYTES))
        while found and found[-1] is None:
            found.pop()
        for seq, held in zip(wanted, found, strict=False):
            if isinstance(held, bytes):
                known: Segment | None = await self._decoded(seq, held)
            else:  # too large to be read beside others, or not there
                known = await self._segment(seq) or await self._lost(seq)
            if known is None:
                return False
            if is_light(known.ops, replay.decks):
                _apply(replay, known)
            else:
                await self._offload(_apply, replay, known)
        return len(found) == AHEAD

    async def _segment(self, seq: int) -> Segment | None:
        try:
            data = await self._store.aget(segment_key(seq), limit=self._segment_bytes)
        except ObjectNotFound:
            return None
        except UnreadableObject as error:
            return segments.unreadable(seq, str(error))
        return await self._decoded(seq, data)

    async def _decoded(self, seq: int, data: bytes) -> Segment:
        if len(data) <= SMALL:
            return segments.decode_numbered(seq, data, self._ops)
        segment: Segment = await self._offload(segments.decode_numbered, seq, data, self._ops)
        return segment

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
        document = await self._snapshot(page)
        if document is not None and document.seq > after_seq and await self._segment(after_seq + 1) is None:
            raise DeckError(f"segment {after_seq + 1} is gone: a snapshot at {document.seq} covers it, load again")


def _apply(replay: Replay, segment: Segment) -> None:
    replay.apply(limits.within(replay, segment))
