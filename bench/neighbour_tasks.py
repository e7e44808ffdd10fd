"""What runs while a server is disturbed, in `bench.neighbours` and in the test of the same name."""

import time

from livedeck import Deck, current_context, task


@task(enable_deck=True)
def tick(seconds: float) -> None:
    """Publish ten times a second, each time the moment of publishing."""
    context = current_context()
    tile = Deck("ticks").value("published at", time.time())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        tile.update(time.time())
        context.publish_decks()
        time.sleep(0.1)


@task(enable_deck=True)
def rest(seconds: float) -> None:
    """Publish once, then nothing more."""
    Deck("d", "<p>here</p>")
    current_context().publish_decks(wait=True)
    time.sleep(seconds)


@task
def nothing() -> None:
    """Be over at once."""
