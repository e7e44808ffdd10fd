"""Work that keeps the interpreter busy for long, beside the event loop.

A thread that computes takes the interpreter's lock again and again, for `SWITCH_INTERVAL` each time, and the event loop
waits as often as there are such threads. Hence few at once, however many ask.
"""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SWITCH_INTERVAL: Final = 0.001
"""Seconds, for `sys.setswitchinterval`: what each step of the event loop waits at most for a thread that computes."""


class Offloader:
    """Runs functions in threads, a few at once; the others wait for their turn.

    Args:
        at_once: How many.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function; one that has begun is not broken off when its caller is."""
        async with self._turns:
            return await asyncio.to_thread(function, *args, **kwargs)
