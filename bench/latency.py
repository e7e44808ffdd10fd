"""From `publish_decks()` in a task to the browser's screen, through everything: a store on disk, and one far away."""

import contextlib
import time
from collections.abc import Iterator

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from playwright.sync_api import Page

from bench.browser import opened_page
from bench.figures import Figure, quantile
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import TIMEOUT, prepare
from livedeck.client import Client
from livedeck.deck.kinds.chart import Chart
from livedeck.deck.ops import Extend, Put
from livedeck.deck.segments import decode
from livedeck.store import open_store
from livedeck.store.layout import segment_key
from livedeck.testing.process import running_server
from tests.clouds import moto
from tests.clouds.proxy import Exchange, running_proxy
from tests.clouds.server import Cloud, clients_find

WARM_UP = 20  # updates, until scripts are compiled; they are not counted
EACH_WAY = 0.05
"""Seconds that a request takes to the store that is far away, and its answer back."""

# The console dispatches this event when the frame says that an update was applied two animation frames ago.
RECORD_PAINTED = """
window.painted = [];
addEventListener('livedeck:painted', (event) => {
  window.painted.push([event.detail.seq, performance.timeOrigin + performance.now()]);
});
"""


def figures(options: Options) -> Iterator[Figure]:
    measured = measure(60 if options.short else 400, 0.1)
    yield Figure("latency: publish_decks() to painted, p50", quantile(measured, 0.5), "ms", 30)
    yield Figure("latency: publish_decks() to painted, p99", quantile(measured, 0.99), "ms", 80)
    with moto.running() as cloud, running_proxy(cloud) as proxy:
        proxy.interpose = delay
        for words, interval in (("", 0.3), (", ten a second", 0.1)):
            measured = measure(30 if options.short else 150, interval, cloud=cloud, reached_at=proxy.url)
            what = f"latency: publish_decks() to painted, S3 with {1e3 * EACH_WAY:.0f} ms added each way{words}"
            yield Figure(f"{what}, p50", quantile(measured, 0.5), "ms", None if words else 200)
            yield Figure(f"{what}, p99", quantile(measured, 0.99), "ms")


def delay(exchange: Exchange) -> None:
    """Take a moment to the store, and another one back."""
    time.sleep(EACH_WAY)
    reply = exchange.forward()
    time.sleep(EACH_WAY)
    exchange.reply(reply)


def measure(count: int, interval: float, *, cloud: Cloud | None = None, reached_at: str = "") -> list[float]:
    """Milliseconds of each update.

    Args:
        count: How many updates.
        interval: Seconds between two of them.
        cloud: Where they are stored; None: on this machine's disk.
        reached_at: The URL at which server and task find it.
    """
    reached = cloud.environment(reached_at) if cloud else {}
    with (
        running_server(environment={**BYTE_CODE, **reached}, options=("--root", cloud.root) if cloud else ()) as server,
        Client(server.endpoint) as client,
        opened_page(RECORD_PAINTED) as page,
    ):
        program = prepare(client, "latency")
        execution = program.start(count=count + WARM_UP, interval=interval)
        page.goto(f"{client.console_url(execution)}?node=n0&view=deck")
        program.wait(execution)
        published = program.output(execution)
        (attempt,) = client.task_executions(NodeExecutionIdentifier(node_id="n0", execution_id=execution))
        with clients_find(cloud) if cloud else contextlib.nullcontext():
            held = segments_of(attempt.closure.output_uri, len(published))
        painted = watch(page, held[-1])
    return [painted[held[i]] - 1e3 * published[i] for i in range(WARM_UP, len(published))]


def segments_of(output_uri: str, count: int) -> list[int]:
    """Return the number of the segment that has each update: several share one while another is on its way."""
    store = open_store(output_uri.rpartition("/")[0])
    held: list[int] = []
    seq = 0
    while len(held) < count:
        seq += 1
        ops = decode(store.get(segment_key(seq))).ops
        points = [
            len(line.x)
            for op in ops
            if isinstance(op, Put | Extend) and isinstance(op.element, Chart)
            for line in op.element.series
        ]
        held += [seq] * sum(points)
    return held


def watch(page: Page, last: int) -> dict[int, float]:
    """When each segment was painted, in Unix milliseconds, by its number."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        painted = {int(seq): float(at) for seq, at in page.evaluate("window.painted")}
        if max(painted, default=0) >= last:
            return painted
    raise SystemExit(f"only {len(painted)} of {last} segments were painted within {TIMEOUT:.0f} s")
