"""Sequencer: what begins together and goes on at once ends in the order in which it began, where that costs little."""

import asyncio
import contextlib
from typing import Self


class Sequencer:
    """Hands out tickets, which are served in their order.

    Args:
        timeout: seconds that a ticket which is ready waits for the one before to be.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._last: Ticket | None = None

    def next(self) -> "Ticket":
        """Return the ticket after all that were returned so far; use it as a context manager."""
        self._last = Ticket(self._last, self._timeout)
        return self._last


class Ticket:
    """One ticket. It is over when its block is left, whether it was waited for or not."""

    def __init__(self, before: "Ticket | None", timeout: float) -> None:
        self._before = before
        self._timeout = timeout
        self.ready = asyncio.Event()
        self.over = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ready.set()
        self.over.set()
        self._before = None  # else the first would be kept as long as the last

    async def wait(self) -> None:
        """Return when the ticket before is over, or is not ready for too long: what is slow holds nothing else up."""
        self.ready.set()
        before = self._before
        if before is None or before.over.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                await before.ready.wait()
            await before.over.wait()  # it is ready, so that it waits no longer than its own timeout
