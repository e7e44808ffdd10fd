"""Tasks that run for as long as a file is missing."""

import time
from pathlib import Path

from livedeck import Deck, RecoverableError, current_context, task, workflow


@task(enable_deck=True, deck_fields=(), retries=1)
def holds(number: int, gate: str, fails: bool) -> int:
    """Wait for the file, and then fail in a first attempt if that is wanted."""
    context = current_context()
    Deck("here", f"<p>{number}</p>")
    context.publish_decks()
    while not Path(gate).exists():
        time.sleep(0.01)
    if fails and context.attempt == 1:
        raise RecoverableError("once")
    return number


@workflow
def four(gate: str, other: str) -> list[int]:
    """The first has a gate of its own, and fails once."""
    return [
        holds(number=0, gate=gate, fails=True),
        holds(number=1, gate=other, fails=False),
        holds(number=2, gate=other, fails=False),
        holds(number=3, gate=other, fails=False),
    ]
