"""How long to wait before trying again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Waits that double up to a longest one, each shortened at random so that many clients do not come back at once."""

    first: float = 0.05
    """Seconds."""
    longest: float = 1.0
    """Seconds."""

    def waits(self) -> Iterator[float]:
        """Yield the seconds to wait, for ever."""
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
            wait = min(wait * 2, self.longest)
