"""What a task printed, as it prints it: the attempt's numbered log objects, one after the other.

The pieces are immutable, so each viewer simply asks for the next number; nothing is shared or remembered.
"""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from livedeck.admin.live.deck_log import OpenAttempt
from livedeck.admin.live.keys import DeckKey, NodeKey
from livedeck.admin.live.messages import LogChunk
from livedeck.admin.live.nodes import RecordFollower
from livedeck.admin.live.sse import BEAT, HEARTBEAT, event
from livedeck.admin.live.states import latest_attempt, may_print, node_is_over
from livedeck.admin.live.wakes import OpenStoreWatch, Pace, StoreWatch
from livedeck.admin.notifiers import Notifier
from livedeck.errors import ObjectNotFound, UnreadableObject
from livedeck.store import Store
from livedeck.store.layout import LOG, log_key

PIECE_LIMIT: Final = 1024 * 1024
"""Bytes of one object of a log: four times what is shipped at once, but a task can write to the folder too."""

_encode: Final = msgspec.json.Encoder().encode


async def follow(
    node: NodeKey,
    attempt: int | None,
    last_id: tuple[int, int] | None,
    *,
    records: RecordFollower,
    open_store: OpenAttempt,
    watch: OpenStoreWatch,
    wake: Notifier,
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[bytes]:
    """Yield ``chunk`` events, and ``end`` once there is nothing more to come.

    Args:
        node: Whose log.
        attempt: Which attempt; None: from the newest on, going over to the next one when there is a retry.
        last_id: Attempt and number of the last piece that the viewer has. The numbers begin anew with each attempt:
            who asks for the newest and has part of an earlier one is sent the rest of that first, so that the end of
            an attempt that failed while the viewer was away is not missing.
        records: What the control plane says of the node; fires ``wake``.
        open_store: Opens the folder of an attempt.
        watch: Watches folders.
        wake: What to wait for.
        heartbeat: Seconds of silence after which a comment is sent.
    """
    newest = latest_attempt(records.recorded)
    had, seq = last_id if last_id is not None else (newest, 0)
    number = min(had, newest) if attempt is None else attempt
    after = seq if had == number else 0
    while True:
        key = node.attempt(number)
        store = await open_store(key)
        watcher = watch(store, (LOG,), lambda _names: wake.notify())
        tail = LogTail(
            key,
            store=store,
            records=records,
            watcher=watcher,
            wake=wake,
            after=after,
            pinned=attempt is not None,
            heartbeat=heartbeat,
        )
        try:
            async for data in tail.events():
                yield data
        finally:
            watcher.close()
        if attempt is not None or latest_attempt(records.recorded) <= number:
            yield event("end", b"{}")
            return
        number, after = number + 1, 0


class LogTail:
    """One viewer of one attempt's output.

    Args:
        key: Which attempt.
        store: The attempt's store.
        records: What the control plane says of the node; fires ``wake``.
        watcher: Fires ``wake`` when a piece appears, if it can.
        wake: What to wait for.
        after: The last piece that the viewer has; 0 for none.
        pinned: Only this attempt is asked for; else it is over once it is known whether another follows.
        heartbeat: Seconds of silence after which a comment is sent.
    """

    def __init__(
        self,
        key: DeckKey,
        *,
        store: Store,
        records: RecordFollower,
        watcher: StoreWatch,
        wake: Notifier,
        after: int,
        pinned: bool,
        heartbeat: float,
    ) -> None:
        self._key = key
        self._store = store
        self._records = records
        self._watcher = watcher
        self._wake = wake
        self._seq = after
        self._pinned = pinned
        self._heartbeat = heartbeat
        self._spoke = time.monotonic()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield ``chunk`` events until the attempt is over and all was sent."""
        pace = Pace()
        while True:
            seen = self._wake.count
            over = self._is_over()  # before looking, so that nothing is missed
            self._watcher.refresh()
            moved = False
            while (text := await self._next()) is not None:
                moved = True
                self._seq += 1
                self._spoke = time.monotonic()
                yield event("chunk", _encode(LogChunk(self._seq, text)), id=f"{self._key.number}.{self._seq}")
            if over:
                return
            if not await self._wake.wait(seen, timeout=pace.next(moved=moved, watched=self._watcher.active)):
                for beat in self._beats():
                    yield beat

    def _is_over(self) -> bool:
        number, recorded = self._key.number, self._records.refresh()
        if recorded.deleted:
            return True
        settled = self._pinned or node_is_over(recorded) or latest_attempt(recorded) > number
        return settled and not may_print(number, recorded, datetime.now(UTC))

    def _beats(self) -> list[bytes]:
        if time.monotonic() - self._spoke < self._heartbeat:
            return []
        self._spoke = time.monotonic()
        return [BEAT]

    async def _next(self) -> str | None:
        try:
            return (await self._store.aget(log_key(self._seq + 1), limit=PIECE_LIMIT)).decode("utf-8", "replace")
        except ObjectNotFound:
            return None
        except UnreadableObject as error:
            return f"[a piece of the log is not shown: {error}]\n"
