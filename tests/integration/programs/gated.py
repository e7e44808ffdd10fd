"""A task that goes on when the test says so, and one after it."""

import os
import time
from pathlib import Path

from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True, deck_fields=())
def gated(folder: str) -> int:
    """Publish, wait for the file ``go``, publish again."""
    with Path(folder, "runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    deck = Deck("steps", "<p>before</p>")
    current_context().publish_decks(wait=True)
    print("printed before", flush=True)
    deadline = time.monotonic() + 300
    while not Path(folder, "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    deck.append("<p>after</p>")
    current_context().publish_decks(wait=True)
    return 20


@task
def doubled(number: int) -> int:
    """Twice the number."""
    return 2 * number


@workflow
def then_doubled(folder: str) -> int:
    """Both, one after the other."""
    return doubled(number=gated(folder=folder))
