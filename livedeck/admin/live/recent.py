"""What a Deck's tail remembers for its viewers: the document, and its last segments as encoded events.

Viewers hold nothing but the number of the last segment that they were sent. Who is close behind gets the segments;
who is far behind, or new, gets a snapshot. So a slow viewer costs no memory at all.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from livedeck.admin.live.messages import NextSegment, Snapshot
from livedeck.admin.live.sse import event, event_in_pieces
from livedeck.deck import limits, slices
from livedeck.deck.effort import is_light
from livedeck.deck.ops import Document, Extend, Put, Segment
from livedeck.deck.reader import Offload
from livedeck.deck.replay import Replay

MAX_BYTES: Final = 1024 * 1024
"""Of events that are sent as one piece, or kept as encoded segments."""
SMALL: Final = 64 * 1024
"""Bytes of a document that is encoded at once; a larger one is encoded beside the event loop, in slices."""

_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Kept:
    """How many of a log's last segments are kept as events: a viewer who lacks more is cheaper to serve a snapshot."""

    segments: int = 512
    bytes: int = MAX_BYTES


KEPT: Final = Kept()


class Recent:
    """The state of one attempt's log.

    Args:
        attempt: Number of the attempt, for the events' ids.
        document: Where the log is picked up.
        offload: Runs what takes long; in a thread by default.
        kept: How many segments are kept.
    """

    def __init__(
        self, attempt: int, document: Document, offload: Offload = asyncio.to_thread, kept: Kept = KEPT
    ) -> None:
        self.attempt = attempt
        self.seq = document.seq
        """The last segment known."""
        self.at = document.at
        """When it was flushed."""
        self.end = document.end
        """How the attempt ended; None: more may come."""
        self._replay = Replay(document)
        self._busy = asyncio.Lock()  # somebody applies a segment to it, or reads all of it, beside the event loop
        self._events: deque[bytes] = deque()
        self._bytes = 0
        self._offload = offload
        self._kept = kept
        self._snapshot: tuple[int, list[bytes]] | None = None
        self._snapshotting = asyncio.Lock()

    @property
    def first(self) -> int:
        """The oldest segment that is still at hand; one more than ``seq`` when none is."""
        return self.seq - len(self._events) + 1

    def accepts(self, segment: Segment) -> bool:
        """Tell whether a segment is the next one, and can be added at once."""
        return segment.seq == self.seq + 1 and not self._busy.locked() and is_light(segment.ops, self._replay.decks)

    def add(self, segment: Segment) -> bool:
        """Take the next segment in; one that is known already changes nothing. Say whether it was new.

        It takes as long as the segment is large; see `take`.

        Raises:
            DeckError: Segments between are missing.
        """
        return self._keep(*self._apply(segment))

    async def take(self, segment: Segment) -> bool:
        """Do what `add` does, beside the event loop if it takes long."""
        async with self._busy:
            if is_light(segment.ops, self._replay.decks):
                return self.add(segment)
            return self._keep(*await self._offload(self._apply, segment))

    async def document(self) -> Document:
        """Return all of it."""
        async with self._busy:
            if self._replay.weight <= SMALL:
                return self._replay.document()
            document: Document = await self._offload(self._replay.document)
            return document

    def _apply(self, segment: Segment) -> tuple[bool, bytes | None]:
        """Apply a segment; say whether it was new, and return its event, unless it is too large to be kept."""
        segment = limits.within(self._replay, segment)
        if not self._replay.apply(segment):
            return False, None
        return True, None if is_large(segment, self._kept.bytes) else self.encode(segment)

    def _keep(self, new: bool, encoded: bytes | None) -> bool:  # noqa: FBT001 - of what `_apply` returns
        if not new:
            return False
        self.seq, self.at, self.end = self._replay.seq, self._replay.at, self._replay.end
        if encoded is None:  # viewers who lack it are served with a snapshot
            self._events.clear()
            self._bytes = 0
            return True
        self._events.append(encoded)
        self._bytes += len(encoded)
        while len(self._events) > self._kept.segments or self._bytes > self._kept.bytes:
            self._bytes -= len(self._events.popleft())
        return True

    def since(self, seq: int) -> list[bytes] | None:
        """Return the events after ``seq``, none when there is nothing newer, or None when a snapshot is needed."""
        if not self.first - 1 <= seq <= self.seq:
            return None
        return list(islice(self._events, seq + 1 - self.first, None))

    async def snapshot(self) -> tuple[int, list[bytes]]:
        """Return the number of the last segment in the document, and the event with all of it, in pieces.

        Of a large document one that was made for another viewer will do, as long as the segments since are at hand.
        """
        if self._replay.weight <= SMALL and not self._busy.locked():
            if self._snapshot is None or self._snapshot[0] != self.seq:
                payload = _encode(Snapshot(document=self._replay.document()))
                self._snapshot = self.seq, [event("snapshot", payload, id=f"{self.attempt}.{self.seq}")]
            return self._snapshot
        wanted = self.seq
        async with self._snapshotting:  # those who come meanwhile wait for the same one
            made = self._snapshot
            if made is None or (made[0] < wanted and self.since(made[0]) is None):
                document = await self.document()
                made = document.seq, await self._offload(_snapshot_event, self.attempt, document)
                self._snapshot = made
            return made

    def encode(self, segment: Segment) -> bytes:
        """Return the event for one segment."""
        return event("segment", _encode(NextSegment(segment=segment)), id=f"{self.attempt}.{segment.seq}")


def is_large(segment: Segment, limit: int) -> bool:
    """Tell whether a segment is too large to be kept as an event, of which ``limit`` bytes are kept."""
    left = limit
    for op in segment.ops:
        left -= op.element.buffer().weight if isinstance(op, Put | Extend) else 0
        if left < 0:
            return True
    return False


def _snapshot_event(attempt: int, document: Document) -> list[bytes]:
    """Encode a large document as an event."""
    return event_in_pieces("snapshot", slices.encode(Snapshot(document=document)), id=f"{attempt}.{document.seq}")
