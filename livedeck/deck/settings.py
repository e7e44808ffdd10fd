"""How a task publishes its Deck."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from livedeck.deck.bounds import DOCUMENT_BYTES, MIB
from livedeck.errors import UnsupportedOption

FLUSH_TIMEOUT = 30.0
"""Seconds that the last publish may take after the task is over. Nobody waits for it but the attempt's own process."""
FLUSH_PENDING = "deck_flush_pending"
"""Key in the ``custom_info`` of a task execution: its result was stored before the end of its Deck, and its process
went on with that, for ``FLUSH_TIMEOUT`` at most. When it was gone is not recorded."""

SHARED = "shared:"
"""What the name of a tab begins with in a task's own Deck if all tasks of the execution share it."""


@dataclass(frozen=True)
class DeckPublish:
    """Options of publishing, for ``@task(deck_publish=DeckPublish(...))``.

    Where a task does not give ``min_interval``, ``every``, ``history`` or ``max_bytes``, what its server is
    started with counts (``livedeck serve --deck-min-interval`` and so on).

    Args:
        min_interval: seconds between two flushes, at least. Publishes that come faster are merged; the last is never
            lost.
        every: also publish by itself every so many seconds, with no call at all.
        history: keep every segment, so that the Deck can be replayed to any moment. False: drop what a snapshot covers.
        snapshot_interval: seconds between two snapshots while the task runs, at least.
        max_bytes: how large the Deck may grow (128 MiB at most); past that the oldest data goes first, and the Deck
            says so.
        every_rank: of a task that runs as a gang (`Elastic`), publish a Deck for each process, not for rank 0 alone.

    Raises:
        UnsupportedOption: a number that makes no sense; the message names it.
    """

    min_interval: float = 0.05
    every: float | None = None
    history: bool = True
    snapshot_interval: float = 5.0
    max_bytes: int = 64 * MIB
    every_rank: bool = False

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Note which options are given: an equal value that is not given makes way for a server's default.

        Args:
            given: options in their order.
            named: options by name.
        """
        made = object.__new__(cls)
        names = (*(each.name for each in fields(cls)[: len(given)]), *named)
        object.__setattr__(made, "_given", frozenset(names))
        return made

    def __post_init__(self) -> None:
        _check("min_interval", self.min_interval, at_least=0)
        _check("every", 1 if self.every is None else self.every, at_least=0.01)
        _check("snapshot_interval", self.snapshot_interval, at_least=0)
        _check("max_bytes", self.max_bytes, at_least=1024, at_most=DOCUMENT_BYTES)


def with_defaults(publish: DeckPublish, defaults: Mapping[str, Any]) -> DeckPublish:
    """Return options with defaults in place of what was not given."""
    given: frozenset[str] = publish.__dict__["_given"]
    return replace(publish, **{name: value for name, value in defaults.items() if name not in given})


def _check(name: str, value: float, *, at_least: float, at_most: float = math.inf) -> None:
    if not value >= at_least:  # written so that NaN fails too
        raise UnsupportedOption(f"DeckPublish({name}={value!r}) is not possible: it must be at least {at_least:g}")
    if value > at_most:
        raise UnsupportedOption(f"DeckPublish({name}={value!r}) is not possible: it may be {at_most} at most")
