"""What `bench.nodes`, `bench.latency` and `bench.console` run on the server."""

import time

from livedeck import Deck, current_context, map_task, task, workflow

CHAIN = 100
FAN_OUT = 200
ON_RAY = 500
WIDE = 1_200
ITEMS = 1_000
ITEMS_AT_ONCE = 20


@task
def successor(x: int) -> int:
    return x + 1


@workflow
def chain(x: int = 0) -> int:
    for _ in range(CHAIN):
        x = successor(x=x)
    return x


@workflow
def fan_out(x: int = 0) -> int:
    results = [successor(x=x) for _ in range(FAN_OUT)]
    return results[-1]


@workflow
def few_on_ray(x: int = 0) -> int:
    results = [successor(x=x) for _ in range(20)]
    return results[-1]


@workflow
def chain_on_ray(x: int = 0) -> int:
    for _ in range(ON_RAY):
        x = successor(x=x)
    return x


@workflow
def fan_out_on_ray(x: int = 0) -> int:
    results = [successor(x=x) for _ in range(ON_RAY)]
    return results[-1]


@task
def now() -> float:
    return time.time()


@workflow
def stamped() -> float:
    return now()


@task
def wait_for(seconds: float) -> int:
    time.sleep(seconds)
    return 0


@workflow
def wide(seconds: float) -> int:
    """Very many nodes, which begin once somebody looks."""
    begun = wait_for(seconds=seconds)
    results = [successor(x=begun) for _ in range(WIDE)]
    return results[-1]


@task(enable_deck=True)
def publish_often(count: int, interval: float) -> list[float]:
    """Publish `count` times, `interval` seconds apart; return when `publish_decks()` was called, in Unix time."""
    context = current_context()
    deck = Deck("latency")
    chart = deck.chart("points")
    time.sleep(3.0)  # the viewer opens the page in the meantime
    times = []
    for i in range(count):
        chart.append(i, y=i * i)
        times.append(time.time())
        context.publish_decks()
        time.sleep(interval)
    return times


@workflow
def latency(count: int = 200, interval: float = 0.1) -> list[float]:
    return publish_often(count=count, interval=interval)


@task(enable_deck=True)
def publish_item(index: int, seconds: float) -> int:
    """Publish twice a second for a while, of the last items of a map; of the others once."""
    deck = Deck("item")
    chart = deck.chart("loss")
    progress = deck.progress("steps", total=100)
    until = time.monotonic() + (seconds if index >= ITEMS - ITEMS_AT_ONCE else 0.0)
    step = 0
    while step == 0 or time.monotonic() < until:
        step += 1
        chart.append(step, loss=1 / step)
        progress.update(step % 100)
        deck.value("step", step)
        current_context().publish_decks()
        if time.monotonic() < until:
            time.sleep(0.5)
    return step


@workflow
def rollup(seconds: float) -> list[int]:
    steps: list[int] = map_task(publish_item, concurrency=ITEMS_AT_ONCE)(
        index=list(range(ITEMS)), seconds=[seconds] * ITEMS
    )
    return steps
