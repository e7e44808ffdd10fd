"""Takes an attempt's output from its file to the store, as numbered objects that are never rewritten.

This is the one format of logs, whichever executor writes them.

Before each object its range in the file is noted, so that after a crash the same object is written again, byte for
byte, and a store that says "exists already" has told that nothing is missing.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from livedeck.errors import LivedeckError, ObjectExists
from livedeck.executors.output import OutputFile, ShippedRecord
from livedeck.store.layout import log_key

logger = logging.getLogger(__name__)

CHUNK = 256 * 1024
"""Largest object, in bytes of output."""
LAST_LINES = 10
LAST_BYTES = 4096
SLOWEST = 2.0
"""Most seconds between two objects of a task that prints all the time."""
RETRY = 1.0


class LogStore(Protocol):
    """What is needed of a store."""

    async def acreate(self, key: str, data: bytes, *, content_type: str | None = None) -> None: ...


class LogShipper:
    """Ships the output of one attempt.

    Args:
        output: where it is.
        open_store: gives the store of its output prefix; called when there is something to ship.
        chunk: bytes of one object, at most.
    """

    def __init__(self, output: OutputFile, open_store: Callable[[], LogStore], *, chunk: int = CHUNK) -> None:
        self._output = output
        self._chunk = chunk
        self._open_store = open_store
        self._done = output.shipped()
        self._settled = not self._done.seq
        self._lock = asyncio.Lock()
        self._began = time.monotonic()
        self._grew = asyncio.Event()

    @property
    def last_words(self) -> str:
        """The last lines of the output."""
        return self._done.last_words or self._last_words()

    def grew(self) -> None:
        """Wake ``follow``."""
        self._grew.set()

    async def follow(self) -> None:
        """Ship what comes, until cancelled. A failing store is tried again; nothing is lost meanwhile."""
        while True:
            await self._grew.wait()
            self._grew.clear()
            try:
                await self.ship(final=False)
            except (LivedeckError, OSError) as error:
                logger.warning("log_not_shipped attempt=%s error=%s; will be tried again", self._output.name, error)
                self._grew.set()
                await asyncio.sleep(RETRY)
            await asyncio.sleep(self._pause())

    async def catch_up(self, *, timeout: float) -> None:
        """Ship what was printed so far; leave it to others, without a word, after ``timeout`` seconds."""
        with contextlib.suppress(LivedeckError, OSError, TimeoutError):
            async with asyncio.timeout(timeout):
                await self.ship(final=False)

    async def finish(self, *, timeout: float) -> None:
        """Ship the rest of an attempt that is over; give up, with a warning, after ``timeout`` seconds."""
        if not self._output.exists():  # nothing was printed, or all of it is in the store
            return
        try:
            async with asyncio.timeout(timeout):
                await self._ship_to_the_end()
        except (LivedeckError, OSError, TimeoutError) as error:
            reason = error if str(error) else f"no answer within {timeout:g} s"
            logger.warning("log_incomplete attempt=%s error=%s; the outcome is not held up", self._output.name, reason)

    async def ship(self, *, final: bool) -> None:
        """Ship what there is.

        Args:
            final: nothing will follow, so a character that was cut in two stays so.
        """
        async with self._lock:
            await self._settle()
            while (data := self._output.read(self._done.end, self._chunk)) and (
                end := self._boundary(data, final=final)
            ):
                start = self._done.end
                words = self._last_words() if final else ""
                self._note(ShippedRecord(self._done.seq + 1, start, start + end, words))
                await self._settle()

    async def _ship_to_the_end(self) -> None:
        while True:
            try:
                await self.ship(final=True)
                break
            except (LivedeckError, OSError) as error:
                logger.info("log_retried attempt=%s error=%s", self._output.name, error)
                await asyncio.sleep(RETRY / 4)
        if not self._done.last_words:  # nothing came after what was shipped while it ran
            self._note(msgspec.structs.replace(self._done, last_words=self._last_words()), settled=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._output.path)

    async def _settle(self) -> None:
        """Write the log object that the record of what is shipped names, unless that is known to have been done."""
        if self._settled:
            return
        noted = self._done
        text = self._output.read(noted.start, noted.end - noted.start).decode("utf-8", "replace")
        with contextlib.suppress(ObjectExists):
            await self._open_store().acreate(
                log_key(noted.seq), text.encode(), content_type="text/plain; charset=utf-8"
            )
        self._settled = True

    def _note(self, record: ShippedRecord, *, settled: bool = False) -> None:
        self._output.write_shipped(record)
        self._done = record
        self._settled = settled

    def _pause(self) -> float:
        """Seconds until the next object. Long tasks write fewer an hour: those who read the log fetch each."""
        return min(SLOWEST, (time.monotonic() - self._began) / 200)

    def _last_words(self) -> str:
        size = self._output.size()
        if not size:
            return ""
        text = self._output.read(max(0, size - LAST_BYTES), LAST_BYTES).decode("utf-8", "replace")
        return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])

    def _boundary(self, data: bytes, *, final: bool) -> int:
        """Return where to cut so that no character is cut in two: at most three bytes before the end."""
        return len(data) if final and len(data) < self._chunk else _whole_characters(data)


def _whole_characters(data: bytes) -> int:
    """Return how many bytes hold whole characters: all but three at most."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte & 0xC0 == 0x80:  # a continuation: look further back
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if length > back else len(data)
    return len(data)
