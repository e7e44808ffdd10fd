"""What it costs to watch a map of 1,000 items, 20 of which run and publish: the server, and the browser."""

import time
from collections.abc import Iterator

import psutil
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from bench.browser import opened_page
from bench.console import RECORD_LONG_TASKS, SCROLL
from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from bench.workflows import ITEMS, ITEMS_AT_ONCE
from livedeck.client import Client
from livedeck.client.follow import ItemsChanged
from livedeck.testing.process import running_server

SECONDS = 60.0
"""How long the last items run: several times as long as what is measured."""


def figures(options: Options) -> Iterator[Figure]:
    window = 3.0 if options.short else 10.0
    with (
        running_server(environment={**BYTE_CODE, "LIVEDECK_PARALLEL": str(2 * ITEMS_AT_ONCE)}) as server,
        Client(server.endpoint) as client,
        opened_page(RECORD_LONG_TASKS) as page,
    ):
        program = prepare(client, "rollup")
        execution = program.start(seconds=SECONDS)
        _wait_until_the_last_run(client, execution)
        process = psutil.Process(server.pid)
        unwatched = _cores(process, window)
        page.goto(f"{client.console_url(execution)}?node=n0&view=rollup")
        page.get_by_role("list", name="Decks").get_by_text("steps").first.wait_for()
        time.sleep(1.0)  # the first look is not what watching costs
        watched = _cores(process, window)
        page.locator("[data-scrolls=node]").evaluate(SCROLL)
        longest = float(page.evaluate("window.longest"))
        elements = float(page.evaluate("document.querySelectorAll('*').length"))
    what = f"{ITEMS:,} items, {ITEMS_AT_ONCE} of which publish twice a second"
    yield Figure(f"rollup: server's share of a core for {what}", 100 * unwatched, "%")
    yield Figure("rollup: more while it is watched", 100 * (watched - unwatched), "%", 5)
    yield Figure(f"rollup: longest task of the page with {ITEMS:,} items", longest, "ms", 50)
    yield Figure(f"rollup: elements of the page with {ITEMS:,} items", elements, "", 1500)


def _wait_until_the_last_run(client: Client, execution: WorkflowExecutionIdentifier) -> None:
    over: set[int] = set()
    for change in client.follow(execution):
        if isinstance(change, ItemsChanged):
            for attempts in change.nodes.values():
                over |= {each.index for each in attempts if each.phase == "SUCCEEDED"}
        if len(over) >= ITEMS - ITEMS_AT_ONCE:
            return


def _cores(process: psutil.Process, seconds: float) -> float:
    """How many cores the server's process uses over some seconds."""
    before, start = process.cpu_times(), time.perf_counter()
    time.sleep(seconds)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return used / (time.perf_counter() - start)
