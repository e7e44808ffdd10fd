"""What a task printed, as it prints it: the attempt's numbered log objects, one after the other.

The pieces are immutable, so each viewer simply asks for the next number; nothing is shared or remembered.
"""

import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.messages import LogChunk
from livedeck.admin.live.records import Records
from livedeck.admin.live.sse import BEAT, HEARTBEAT, event
from livedeck.admin.live.states import is_over
from livedeck.admin.live.wakes import Pace, Watcher
from livedeck.admin.signals import Signal
from livedeck.errors import ObjectNotFound
from livedeck.store import Store
from livedeck.store.layout import log_key

_encode: Final = msgspec.json.Encoder().encode


class LogTail:
    """One viewer of one attempt's output.

    Args:
        key: Which attempt.
        store: The attempt's store.
        records: What the control plane says of the node; fires ``wake``.
        watcher: Fires ``wake`` when a piece appears, if it can.
        wake: What to wait for.
        after: The last piece that the viewer has; 0 for none.
    """

    def __init__(
        self, key: DeckKey, *, store: Store, records: Records, watcher: Watcher, wake: Signal, after: int
    ) -> None:
        self._key = key
        self._store = store
        self._records = records
        self._watcher = watcher
        self._wake = wake
        self._seq = after
        self._spoke = time.monotonic()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield ``chunk`` events, and ``end`` once the attempt is over and all was sent."""
        pace = Pace()
        while True:
            seen = self._wake.count
            over = is_over(self._key.number, self._records.refresh())  # before looking, so that nothing is missed
            self._watcher.refresh()
            moved = False
            while (text := await self._next()) is not None:
                moved = True
                self._seq += 1
                self._spoke = time.monotonic()
                yield event("chunk", _encode(LogChunk(self._seq, text)), id=str(self._seq))
            if over:
                yield event("end", b"{}")
                return
            if not await self._wake.wait(seen, timeout=pace.next(moved=moved, watched=self._watcher.active)):
                for beat in self._beats():
                    yield beat

    def _beats(self) -> list[bytes]:
        if time.monotonic() - self._spoke < HEARTBEAT:
            return []
        self._spoke = time.monotonic()
        return [BEAT]

    async def _next(self) -> str | None:
        try:
            return (await self._store.aget(log_key(self._seq + 1))).decode("utf-8", "replace")
        except ObjectNotFound:
            return None
