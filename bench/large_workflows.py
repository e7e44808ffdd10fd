"""What `bench.appending` and `bench.long` run on the server."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from livedeck import Deck, DeckPublish, current_context, task, workflow

REST = 0.1
"""Seconds between two updates: each is a segment of its own."""
PUBLISH = DeckPublish(max_bytes=128 << 20, min_interval=0.01)

ROWS, POINTS, LINES = 100_000, 1_000_000, 1_000_000
TILES: Final = 9_998
"""With a chart and a log, as many elements as a Deck holds."""
AT_ONCE: Final = 10_000
"""Lines of one call."""

Grow = Callable[[int], None]
"""Appends what an update brings, given its number."""


def row(number: int) -> dict[str, float | str]:
    return {"step": number, "file": f"part-{number:07}.parquet", "loss": 1 / (1 + number)}


def line(number: int) -> str:
    return f"step {number:07}: loss {1 / (1 + number):.6f}"


def table(deck: Deck, count: int) -> Grow:
    shown = deck.table([row(number) for number in range(count)], title="files")
    return lambda update: shown.append([row(count + 10 * update + each) for each in range(10)])


def chart(deck: Deck, count: int) -> Grow:
    shown = deck.chart("loss", x_label="step")
    shown.append(range(count), loss=[1 / (1 + number) for number in range(count)])
    return lambda update: shown.append(count + update, loss=1 / (1 + count + update))


def log(deck: Deck, count: int) -> Grow:
    shown = deck.log("training")
    for first in range(0, count, AT_ONCE):
        shown.append("\n".join(map(line, range(first, min(count, first + AT_ONCE)))))
    return lambda update: shown.append("\n".join(line(count + 10 * update + each) for each in range(10)))


KINDS: Final[Mapping[str, tuple[Callable[[Deck, int], Grow], int, str]]] = {
    "rows": (table, ROWS, f"10 rows to a table of {ROWS:,}"),
    "points": (chart, POINTS, f"a point to a chart of {POINTS:,}"),
    "lines": (log, LINES, f"10 lines to a log of {LINES:,}"),
}
"""By name: what makes one, how much is in it before, and what an update of it is."""


def long_deck(deck: Deck, share: float) -> Grow:
    """A chart, a log and very many tiles; `share` of all that a Deck is measured with."""
    grow_chart, grow_log = chart(deck, int(POINTS * share)), log(deck, int(LINES * share))
    tiles = [deck.value(f"value {number}", number) for number in range(int(TILES * share))]

    def grow(update: int) -> None:
        grow_chart(update)
        grow_log(update)
        tiles[update % len(tiles)].update(-update)

    return grow


def updated(grow: Grow, count: int, wait: float) -> list[float]:
    """Publish what is there; after a while, in which viewers come, update it. Return when, in Unix time."""
    context = current_context()
    context.publish_decks(wait=True, timeout=120)
    time.sleep(wait)
    times = []
    for number in range(count):
        grow(number)
        times.append(time.time())
        context.publish_decks()
        time.sleep(REST)
    return times


@task(enable_deck=True, deck_publish=PUBLISH, deck_fields=())
def grow_one(kind: str, size: int, count: int, wait: float) -> list[float]:
    make, _, _ = KINDS[kind]
    return updated(make(Deck("large"), size), count, wait)


@workflow
def growing(kind: str, size: int, count: int, wait: float) -> list[float]:
    return grow_one(kind=kind, size=size, count=count, wait=wait)


@task(enable_deck=True, deck_publish=PUBLISH, deck_fields=())
def grow_all(share: float, count: int, wait: float) -> list[float]:
    return updated(long_deck(Deck("long"), share), count, wait)


@workflow
def growing_long(share: float, count: int, wait: float) -> list[float]:
    return grow_all(share=share, count=count, wait=wait)
