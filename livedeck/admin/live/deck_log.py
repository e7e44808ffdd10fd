"""Reads one attempt's Deck from the store: livedeck's log, or a ``deck.html`` that others overwrite."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.recent import KEPT, Kept, Recent, is_large
from livedeck.admin.live.states import Published, rfc3339
from livedeck.deck.effort import is_light_document
from livedeck.deck.ops import Document, Segment
from livedeck.deck.reader import Offload
from livedeck.errors import DeckError, StoreError
from livedeck.store import Meta, Store
from livedeck.store.layout import DECK

OpenAttempt = Callable[[DeckKey], Awaitable[Store]]
"""Opens the folder of an attempt."""

SETTLED: Final = 1.0
"""Seconds without a change after which a foreign page is taken for whole although it does not end as one."""


_END: Final = 64
"""Bytes in which the end of a page is looked for."""


class LogReader(Protocol):
    """What is asked of a reader; `livedeck.deck.reader.Reader` is one."""

    async def load(self) -> Document | None: ...

    async def next(self, after_seq: int) -> Segment | None: ...

    async def head(self) -> Meta | None: ...


class DeckLog:
    """What was published by one attempt, as far as it was read.

    Args:
        store: The attempt's store.
        reader: Reads livedeck's own log there.
        attempt: The attempt's number as viewers know it, for the events' ids.
        clock: Seconds that only grow.
        offload: Runs what takes long; in a thread by default.
        kept: How much of the log is kept at hand.
    """

    def __init__(
        self,
        store: Store,
        reader: LogReader,
        attempt: int,
        clock: Callable[[], float] = time.monotonic,
        offload: Offload = asyncio.to_thread,
        *,
        kept: Kept = KEPT,
    ) -> None:
        self.store = store
        """The attempt's folder."""
        self._reader = reader
        self._attempt = attempt
        self._clock = clock
        self._offload = offload
        self._kept = kept
        self.recent: Recent | None = None
        """livedeck's own log; None until there is one."""
        self.page: Meta | None = None
        """The foreign ``deck.html`` as it was last seen whole."""
        self._unsettled: tuple[str, float] | None = None
        self._offered: Segment | None = None

    @property
    def unsettled(self) -> bool:
        """Whether a foreign page is being rewritten, so that it is worth looking again soon."""
        return self._unsettled is not None

    @property
    def published(self) -> Published | None:
        """What a viewer's state is made of."""
        if self.recent is not None:
            recent = self.recent
            return Published(recent.seq, recent.at if _is_time(recent.at) else "", recent.end)
        if self.page is not None:
            return Published(at=rfc3339(self.page.modified), foreign=True)
        return None

    def offer(self, segment: Segment) -> bool:
        """Take in a segment that came by a hint if it is exactly the next one, and light. Say whether it was.

        One that is not light is kept for the next `pull`, which takes it in beside the event loop.
        """
        if self.recent is None or segment.seq != self.recent.seq + 1:
            return False
        if self.recent.accepts(segment):
            return self.recent.add(segment)
        self._offered = segment
        return False

    def has(self, number: int) -> bool:
        """Tell whether the segment of a number was taken in."""
        return self.recent is not None and number <= self.recent.seq

    async def pull(self, on_news: Callable[[], None], *, final: bool) -> bool:
        """Read what was published since; say whether there was anything.

        Args:
            on_news: Called after each step forward.
            final: Nothing more will be written, so what is there is all.

        Raises:
            StoreError: The store cannot be read.
            DeckError: What is there cannot be read.
        """
        moved = await self._open(final=final) if self.recent is None else False
        if moved:
            on_news()
        while self.recent is not None and (segment := await self._next()) is not None:
            if await self.recent.take(segment):
                moved = True
                on_news()
        if final and self.recent is not None and self.recent.end is None and await self._reload():
            moved = True
            on_news()
        return moved

    async def events(self, after: int, last: int) -> list[bytes] | None:
        """Read the segments after one up to another again, as events.

        None when they are not all there any more, or are more than a snapshot is worth: that is in memory.
        """
        assert self.recent is not None
        found: list[bytes] = []
        size = 0
        try:
            for seq in range(after, last):
                segment = await self._reader.next(seq)
                if segment is None or is_large(segment, self._kept.bytes):
                    return None
                found.append(self.recent.encode(segment))
                size += len(found[-1])
                if size > self._kept.bytes:
                    return None
        except (StoreError, DeckError):
            return None
        return found

    async def _next(self) -> Segment | None:
        assert self.recent is not None
        offered, self._offered = self._offered, None
        if offered is not None and offered.seq == self.recent.seq + 1:
            return offered
        try:
            return await self._reader.next(self.recent.seq)
        except DeckError:  # cleared away, since a newer snapshot has it (``history=False``)
            if not await self._reload():
                raise
            return await self._reader.next(self.recent.seq)

    async def _open(self, *, final: bool) -> bool:
        head = await self.store.ahead(DECK)
        # Without a page there may be a log all the same: the placeholder failed where a segment did not.
        if head is None and await self._reader.next(0) is None:
            return False
        if head is not None and self.page is not None and head.etag == self.page.etag:
            return False
        document = await self._reader.load()
        if document is not None:
            self.recent = await self._recent(document)
            return True
        if head is None or not (final or await self._is_whole(head)):
            return False
        self.page = head
        self._unsettled = None
        return True

    async def _is_whole(self, head: Meta) -> bool:
        """Foreign pages are rewritten in place: half a page must not be shown."""
        now = self._clock()
        if self._unsettled is None or self._unsettled[0] != head.etag:
            self._unsettled = (head.etag, now)
        if now - self._unsettled[1] >= SETTLED:
            return True
        return await is_stored_whole(self.store, head)

    async def _reload(self) -> bool:
        """Segments may have been cleared away before they were read: the final snapshot then has them."""
        document = await self._reader.load()
        if document is None or self.recent is None or document.seq <= self.recent.seq:
            return False
        self.recent = await self._recent(document)
        return True

    async def _recent(self, document: Document) -> Recent:
        if is_light_document(document):
            return Recent(self._attempt, document, self._offload, self._kept)
        made: Recent = await self._offload(Recent, self._attempt, document, self._offload, self._kept)
        return made


def _is_time(text: str) -> bool:
    """Tell whether a segment's time is one: the task writes it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_whole(page: bytes) -> bool:
    """Tell whether an HTML page is there to its end."""
    return page[-_END:].rstrip().lower().endswith(b"</html>")


async def is_stored_whole(store: Store, head: Meta) -> bool:
    """Tell whether a ``deck.html``, of any size, is there to its end."""
    return head.size > 0 and is_whole(await store.aget_range(DECK, max(0, head.size - _END), _END))
