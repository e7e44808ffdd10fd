"""From `publish_decks()` in a task to the browser's screen, through everything."""

import time
from collections.abc import Iterator

from playwright.sync_api import Page

from bench.browser import opened_page
from bench.figures import Figure, quantile
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import TIMEOUT, prepare
from livedeck.client import Client
from livedeck.testing.process import running_server

WARM_UP = 20  # updates, until scripts are compiled; they are not counted

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


def measure(count: int, interval: float) -> list[float]:
    """Milliseconds of each update."""
    with (
        running_server(environment=BYTE_CODE) as server,
        Client(server.endpoint) as client,
        opened_page(RECORD_PAINTED) as page,
    ):
        program = prepare(client, "latency")
        execution = program.start(count=count + WARM_UP, interval=interval)
        page.goto(f"{client.console_url(execution)}?node=n0&view=deck")
        painted = watch(page, count + WARM_UP)
        program.wait(execution)
        published = program.output(execution)
    # Updates are further apart than `min_interval`, so that each is a segment of its own: seq counts from 1.
    counted = range(WARM_UP, len(published))
    return [painted[i + 1] - 1e3 * published[i] for i in counted]


def watch(page: Page, count: int) -> dict[int, float]:
    """When each update was painted, in Unix milliseconds, by its number."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        page.wait_for_timeout(500)
        painted = {int(seq): float(at) for seq, at in page.evaluate("window.painted")}
        if max(painted, default=0) >= count:
            return painted
    raise SystemExit(f"only {len(painted)} of {count} updates were painted within {TIMEOUT:.0f} s")
