"""A Deck as long as a Deck can be: how soon it opens, how it scrolls, and what it costs who watches while it grows."""

import statistics
from collections.abc import Iterator

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from bench.appending import FRAME, PROGRAM
from bench.browser import opened_page
from bench.figures import Figure, quantile
from bench.large_workflows import LINES, POINTS, TILES
from bench.latency import RECORD_PAINTED
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from bench.watching import Watched, wait_filled
from livedeck.client import Client
from livedeck.store import open_store
from livedeck.testing.process import running_server

OPENED = 5
"""How often it is opened; the first time scripts come too."""
WAIT = 20.0
FRAMES = 120
WARM_UP = 10


def figures(options: Options) -> Iterator[Figure]:
    share, count = (0.02, 20) if options.short else (1.0, 150)
    what = f"{TILES + 2:,} elements, {POINTS:,} points, {LINES:,} lines"
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        program = prepare(client, "growing_long", PROGRAM)
        execution = program.start(share=share, count=count + WARM_UP, wait=WAIT)
        url = f"{client.console_url(execution)}?node=n0&view=deck"
        filled = wait_filled(client, execution)
        with opened_page(RECORD_PAINTED) as page:
            watched = Watched(page)
            watched.open(url)
            watched.wait_painted(filled + WARM_UP)
            first, before = watched.seq, watched.costs()
            watched.wait_painted(filled + WARM_UP + count * 3 // 4)
            scripts = (watched.costs().scripts - before.scripts) / (watched.seq - first)
        program.wait(execution)
        opened, received, frames = [], [], []
        with opened_page(RECORD_PAINTED) as page:
            for _ in range(OPENED):
                watched = Watched(page)
                opened.append(watched.open(url))
                received.append(watched.costs().received)
                frames += watched.scroll(FRAMES)
                page.goto("about:blank")
        final = _size(client, execution)
    yield Figure(f"long: {what}: opened, median", statistics.median(opened), "ms", 1500)
    yield Figure(f"long: {what}: a frame while it is scrolled, p50", quantile(frames, 0.5), "ms", 17)
    yield Figure(f"long: {what}: a frame while it is scrolled, p95", quantile(frames, 0.95), "ms")
    yield Figure(f"long: {what}: scripts of the page, an update while it grows", scripts, "ms", FRAME)
    yield Figure(f"long: {what}: read by a late viewer, over the final deck.html", max(received) / final, "x", 2)


def _size(client: Client, execution: WorkflowExecutionIdentifier) -> int:
    (attempt,) = client.task_executions(NodeExecutionIdentifier(node_id="n0", execution_id=execution))
    return len(open_store(attempt.closure.output_uri.rpartition("/")[0]).get("deck.html"))
