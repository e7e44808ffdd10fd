"""A workflow of ten nodes, each of which takes a moment and publishes a Deck: something to be interrupted."""

import time

from livedeck import Deck, current_context, task, workflow

PUBLISHES = 8


@task(enable_deck=True)
def part(x: int, seconds: float) -> int:
    """Publish every step of a little work, and return x + 1."""
    deck = Deck("steps")
    for step in range(PUBLISHES):
        deck.append(f"<p>step {step} of {x}</p>")
        current_context().publish_decks(wait=True, timeout=30)
        time.sleep(seconds / PUBLISHES)
    return x + 1


@task(enable_deck=True)
def add(a: int, b: int, c: int) -> int:
    """Join three branches."""
    Deck("sum").append(f"<p>{a} + {b} + {c}</p>")
    return a + b + c


@workflow
def ten_nodes(x: int = 0, seconds: float = 0.4) -> int:
    """Two rounds of fan-out and fan-in: 1 + 3 + 1 + 3 + 1 nodes, and one more."""
    first = part(x=x, seconds=seconds)
    joined = add(a=part(x=first, seconds=seconds), b=part(x=first, seconds=seconds), c=part(x=first, seconds=seconds))
    again = add(a=part(x=joined, seconds=seconds), b=part(x=joined, seconds=seconds), c=part(x=joined, seconds=seconds))
    return part(x=again, seconds=seconds)


def expected(x: int = 0) -> int:
    """What the workflow returns."""
    first = x + 1
    joined = 3 * (first + 1)
    return 3 * (joined + 1) + 1
