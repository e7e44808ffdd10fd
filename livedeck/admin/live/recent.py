"""What a Deck's tail remembers for its viewers: the document, and its last segments as encoded events.

Viewers hold nothing but the number of the last segment that they were sent. Who is close behind gets the segments;
who is far behind, or new, gets a snapshot. So a slow viewer costs no memory at all.
"""

from collections import deque
from itertools import islice
from typing import Final

import msgspec

from livedeck.admin.live.messages import Snapshot, Tail
from livedeck.admin.live.sse import event
from livedeck.deck.ops import Document, Segment
from livedeck.deck.replay import Replay

MAX_SEGMENTS: Final = 512
MAX_BYTES: Final = 1024 * 1024
"""Of encoded segments. Who is further behind than this is cheaper to serve with a snapshot."""

_encode: Final = msgspec.json.Encoder().encode


class Recent:
    """The state of one attempt's log.

    Args:
        attempt: Number of the attempt, for the events' ids.
        document: Where the log is picked up.
    """

    def __init__(self, attempt: int, document: Document) -> None:
        self.attempt = attempt
        self.replay = Replay(document)
        self._events: deque[bytes] = deque()
        self._bytes = 0
        self._snapshot: tuple[int, bytes] | None = None

    @property
    def seq(self) -> int:
        """The last segment known."""
        return self.replay.seq

    @property
    def first(self) -> int:
        """The oldest segment that is still at hand; one more than ``seq`` when none is."""
        return self.seq - len(self._events) + 1

    def add(self, segment: Segment) -> bool:
        """Take the next segment in; one that is known already changes nothing. Say whether it was new.

        Raises:
            DeckError: Segments between are missing.
        """
        if not self.replay.apply(segment):
            return False
        encoded = self.encode(segment)
        self._events.append(encoded)
        self._bytes += len(encoded)
        while len(self._events) > MAX_SEGMENTS or self._bytes > MAX_BYTES:
            self._bytes -= len(self._events.popleft())
        return True

    def since(self, seq: int) -> list[bytes] | None:
        """Return the events after ``seq``, none when there is nothing newer, or None when a snapshot is needed."""
        if not self.first - 1 <= seq <= self.seq:
            return None
        return list(islice(self._events, seq + 1 - self.first, None))

    def snapshot(self) -> bytes:
        """Return the event with the whole document."""
        if self._snapshot is None or self._snapshot[0] != self.seq:
            payload = _encode(Snapshot(document=self.replay.document()))
            self._snapshot = self.seq, event("snapshot", payload, id=f"{self.attempt}.{self.seq}")
        return self._snapshot[1]

    def encode(self, segment: Segment) -> bytes:
        """Return the event for one segment."""
        return event("segment", _encode(Tail(segment=segment)), id=f"{self.attempt}.{segment.seq}")
