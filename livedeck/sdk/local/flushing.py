"""How long a local run waits for the ends of its Decks.

Tasks run one after the other, and each waits until its Deck is stored. While nothing can be stored (the disk is full,
the folder may not be written to) a workflow of a hundred tasks would wait a hundred times: all but the first wait only
a moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from livedeck.sdk.attempts import Attempt

FIRST: Final = 10.0
"""Seconds that the end of a Deck is waited for."""
AGAIN: Final = 0.5
"""Seconds after one whose end could not be stored, until one can be stored again."""


class FlushTimeout:
    """The time for the end of the next Deck."""

    def __init__(self) -> None:
        self.seconds = FIRST

    def note(self, *, stored: bool) -> None:
        """Take note whether the time was enough."""
        self.seconds = FIRST if stored else AGAIN

    @contextmanager
    def settled(self, attempt: Attempt) -> Iterator[None]:
        """End an attempt's Deck as what happens inside ends, within the time."""
        try:
            with attempt.settled(timeout=self.seconds):
                yield
        finally:
            self.note(stored=attempt.deck.stored)


flush_timeout: Final = FlushTimeout()
"""Of this process."""
