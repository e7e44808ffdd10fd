"""Turns: what begins together and goes on at once ends in the order in which it began, where that costs little."""

import asyncio
import contextlib
from typing import Self


class Turns:
    """Hands out turns, each after the one before it.

    Args:
        patience: seconds that a turn which is ready waits for the one before to be.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._last: Turn | None = None

    def next(self) -> "Turn":
        """Return the turn after all that were returned so far; use it as a context manager."""
        self._last = Turn(self._last, self._patience)
        return self._last


class Turn:
    """One turn. It is over when its block is left, whether it came or not."""

    def __init__(self, before: "Turn | None", patience: float) -> None:
        self._before = before
        self._patience = patience
        self.ready = asyncio.Event()
        self.over = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ready.set()
        self.over.set()
        self._before = None  # else the first would be kept as long as the last

    async def come(self) -> None:
        """Return when the turn before is over, or is not ready for too long: what is slow holds nothing else up."""
        self.ready.set()
        before = self._before
        if before is None or before.over.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await before.ready.wait()
            await before.over.wait()  # it is ready: its own turn comes within its own patience
