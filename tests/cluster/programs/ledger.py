"""Tasks that write down, many times a second, that they run and where: a ledger shows what ran beside what."""

import os
import time
from pathlib import Path

from livedeck import Deck, current_context, map_task, task, workflow


@task(enable_deck=True)
def work(number: int, ledger: str) -> int:
    """Go on until there is a file beside the ledger that says so."""
    context = current_context()
    words = f"{number} {context.attempt} {os.getpid()} {os.environ['LIVEDECK_ENDPOINT']}"
    deck = Deck("steps")
    step = 0
    while not Path(f"{ledger}.go").exists():
        with Path(ledger).open("a", encoding="utf-8") as lines:
            lines.write(f"{words} {time.monotonic()}\n")
        deck.append(f"<p>{step}</p>")
        context.publish_decks()
        step += 1
        time.sleep(0.05)
    return number


@task
def total(numbers: list[int]) -> int:
    """Add them up."""
    return sum(numbers)


@workflow
def fan(ledger: str) -> int:
    """Two tasks and a map of two items side by side, and what they come to."""
    items = map_task(work)(number=[3, 4], ledger=[ledger, ledger])
    return total(numbers=[work(number=1, ledger=ledger), work(number=2, ledger=ledger), total(numbers=items)])
