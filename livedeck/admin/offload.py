"""Work that keeps the interpreter busy for long, beside the event loop.

A thread that computes takes the interpreter's lock again and again, for `SWITCH_INTERVAL` each time, and the event loop
waits as often as there are such threads. Hence few at once, however many ask. A process that
computes lets all others go first (`livedeck.admin.priority`).
"""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from google.protobuf.message import Message

from livedeck.literals.sizes import is_small

P = ParamSpec("P")
T = TypeVar("T")

SWITCH_INTERVAL: Final = 0.0001
"""Seconds, for `sys.setswitchinterval`: what each step of the event loop waits at most for a thread that computes.

Starting an execution takes some hundred such steps, of several threads: with a millisecond each it would take a fifth
of a second longer beside such a thread.
"""


async def run_by_size(message: Message, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that looks at all of a message: at once, or in a thread if the message is not small.

    Args:
        message: What it looks at.
        function: What is run.
        *args: Its arguments.
        **kwargs: Its arguments by name.
    """
    if is_small(message):
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)


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
