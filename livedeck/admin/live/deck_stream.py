"""What one viewer of a Deck is sent.

A viewer holds the number of the last segment that it has and nothing else; see `recent`.
"""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import msgspec

from livedeck.admin.live.deck_tail import DeckTail
from livedeck.admin.live.keys import NodeKey
from livedeck.admin.live.messages import Snapshot
from livedeck.admin.live.recent import MAX_BYTES, Recent
from livedeck.admin.live.sse import BEAT, HEARTBEAT, event
from livedeck.admin.live.tail_pool import TailPool
from livedeck.telemetry.metrics import Histogram

CATCH_UP: Final = 256
"""Segments read from the store for one who comes back; further behind, a snapshot is cheaper."""

_AGES: Final = Histogram(
    "livedeck_publish_to_viewer_seconds", "Time from a Deck's flush, by the attempt's clock, until a viewer is sent it."
)


async def follow(
    tails: TailPool,
    node: NodeKey,
    attempt: int | None,
    last_id: tuple[int, int] | None,
    *,
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[bytes]:
    """Yield the events of a Deck until it is over.

    Args:
        tails: All tails.
        node: Whose Deck.
        attempt: Which attempt; None: always the newest, going over to the next one when there is a retry.
        last_id: Attempt and seq of the last event that the viewer has.
        heartbeat: Seconds of silence after which a comment is sent.
    """
    number: int | None = attempt
    while True:
        if number is None:
            number = await tails.newest_attempt(node)
        resume = last_id[1] if last_id is not None and last_id[0] == number else None
        async with tails.open(node.attempt(number)) as tail:
            if tail is None:
                return
            async for data in _Viewer(tail, resume, pinned=attempt is not None, heartbeat=heartbeat).events():
                yield data
            if tail.abandoned or attempt is not None or tail.latest == number:
                return
            number = tail.latest


class _Viewer:
    """A viewer of one attempt.

    Args:
        tail: The attempt's tail.
        resume: The last segment that the viewer has already.
        pinned: Stay with this attempt even if another follows.
        heartbeat: Seconds of silence after which a comment is sent.
    """

    def __init__(self, tail: DeckTail, resume: int | None, *, pinned: bool, heartbeat: float) -> None:
        self._tail = tail
        self._heartbeat = heartbeat
        self._pinned = pinned
        self._seq = resume
        self._recent: Recent | None = None
        self._etag: str | None = None
        self._state_version = -1
        self._spoke = time.monotonic()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield until there is nothing more to say of the attempt."""
        tail = self._tail
        if self._seq is not None:
            async for data in self._catch_up():
                yield data
        while not tail.abandoned:
            seen = tail.changed.count
            ending = tail.over and (self._pinned or tail.node_over)
            news = await self._news(with_state=not ending or self._state_version < 0)
            if news:
                self._spoke = time.monotonic()
                for data in news:
                    yield data
                continue  # while that was on its way more may have come
            if not self._pinned and tail.latest != tail.key.number:
                return
            if ending:
                yield tail.end_event()
                return
            if not await tail.changed.wait(seen, timeout=self._until_beat()):
                self._spoke = time.monotonic()
                yield BEAT

    def _until_beat(self) -> float:
        return max(0.0, self._spoke + self._heartbeat - time.monotonic())

    async def _news(self, *, with_state: bool) -> list[bytes]:
        """Everything that the viewer does not have yet: in one piece, unless that would copy much."""
        pieces: list[bytes] = []
        if with_state and self._state_version != self._tail.state_version:
            self._state_version = self._tail.state_version
            pieces.append(self._tail.state_event())
        log = self._tail.log
        if log.recent is not None:
            pieces.extend(await self._published(log.recent))
        elif log.page is not None and log.page.etag != self._etag:
            self._etag = log.page.etag
            payload = msgspec.json.encode(Snapshot(etag=self._etag))
            pieces.append(event("snapshot", payload, id=f"{self._tail.key.number}.0"))
        return pieces if sum(map(len, pieces)) > MAX_BYTES else [b"".join(pieces)] if pieces else []

    async def _published(self, recent: Recent) -> list[bytes]:
        if self._seq is not None and self._recent is recent and (known := recent.since(self._seq)) is not None:
            self._seq = recent.seq
            if known:
                _observe_age(recent.at)
            return known
        self._recent = recent
        self._seq, snapshot = await recent.snapshot()
        return snapshot

    async def _catch_up(self) -> AsyncIterator[bytes]:
        """Send one who comes back the segments that it lacks, if they are still there and not too many."""
        recent = self._tail.log.recent
        if recent is None or self._seq is None or not recent.seq - CATCH_UP <= self._seq <= recent.seq:
            return
        last = recent.first - 1  # segments may be let go during the read: those are in neither, and a snapshot is due
        missing = await self._tail.log.events(self._seq, last)
        if missing is None:
            return
        self._recent, self._seq = recent, max(self._seq, last)
        for data in missing:
            yield data


def _observe_age(at: str) -> None:
    """Count how long ago the newest segment was flushed that a viewer is being sent."""
    try:
        flushed = datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError):  # the task writes it
        return
    _AGES.observe(max(0.0, time.time() - flushed))
