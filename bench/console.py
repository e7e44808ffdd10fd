"""What the console's page of an execution costs the browser, with very many nodes that run while it is looked at."""

from collections.abc import Iterator

from bench.browser import opened_page
from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from bench.workflows import WIDE
from livedeck.client import Client
from livedeck.testing.process import running_server

# Tasks of the page's own that took longer than 50 ms, which browsers call long; 0 where there is none.
RECORD_LONG_TASKS = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
}).observe({ type: 'longtask' });
"""
SCROLL = "element => new Promise(done => { element.scrollTop = element.scrollHeight; requestAnimationFrame(done) })"


def figures(options: Options) -> Iterator[Figure]:  # noqa: ARG001 - one look is enough
    with (
        running_server(environment=BYTE_CODE) as server,
        Client(server.endpoint) as client,
        opened_page(RECORD_LONG_TASKS) as page,
    ):
        program = prepare(client, "wide")
        execution = program.start(seconds=5.0)
        page.goto(client.console_url(execution))
        page.get_by_role("list", name="Nodes").wait_for()
        program.wait(execution)
        page.locator("[data-scrolls=run]").evaluate(SCROLL)
        page.get_by_role("list", name="Nodes").get_by_text("successor").last.wait_for()
        longest = float(page.evaluate("window.longest"))
        elements = float(page.evaluate("document.querySelectorAll('*').length"))
    yield Figure(f"console: longest task while {WIDE:,} nodes run", longest, "ms", 50)
    yield Figure(f"console: elements of the page with {WIDE:,} nodes", elements, "", 1500)
