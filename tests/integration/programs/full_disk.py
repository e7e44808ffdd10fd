"""Tasks whose Decks need more room than the disk has."""

import os

from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True, deck_fields=())
def too_much_deck(tabs: int) -> int:
    """Publish half a megabyte after the other; none may cost the task anything."""
    for number in range(tabs):
        Deck(f"tab {number}", os.urandom(250_000).hex())
        current_context().publish_decks(wait=True, timeout=0.3)
    return tabs


@task(enable_deck=True, deck_fields=())
def small(word: str) -> str:
    """Need nearly nothing."""
    Deck("word", f"<p>{word}</p>")
    return word


@task(enable_deck=True, deck_fields=())
def too_much_output() -> str:
    """Return more than there is room for."""
    return "x" * 4_000_000


@workflow
def overflowing() -> str:
    """One whose outputs do not fit."""
    return too_much_output()
