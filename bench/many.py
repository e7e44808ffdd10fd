"""Very many of something small: items of a map, nodes that a task decides on, nodes of a workflow.

Beside the maps, in the same run, what others' engines take for an item that adds one: Metaflow's foreach, which gives
each item a process, as livedeck does; and Prefect's, whose items are threads of the flow's own process.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.figures import Figure
from bench.many_workflows import NODES
from bench.options import Options
from bench.peers.call import BYTE_CODE, PEERS_PYTHON, call
from bench.running import Prepared, prepare
from livedeck.cli.remote import register_entity
from livedeck.client import Client
from livedeck.sdk.loading import load_file
from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "many_workflows.py"
ITEMS = 1_000
MORE_ITEMS = 10_000
FOREACH_ITEMS = 40
DECIDED = 500
MEGABYTE = 1e6


def figures(options: Options) -> Iterator[Figure]:
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        mapped = prepare(client, "mapped", PROGRAM)
        _map_seconds(mapped, 2)  # code is unpacked and compiled once
        foreach, theirs = (None, None) if options.short else _peers()
        ours = 1e3 * _map_seconds(mapped, ITEMS) / ITEMS
        label = f"many: map of {ITEMS:,} items, an item, all told"
        yield Figure(label, ours, "ms", 12, f"Metaflow's foreach of {FOREACH_ITEMS}", foreach)
        yield Figure(f"{label}, beside threads", ours, "ms", 12, "Prefect's map", theirs)
        decided = prepare(client, "decided", PROGRAM)
        decided.seconds(count=3)
        node = 1e3 * decided.seconds(count=DECIDED) / DECIDED
        yield Figure(f"many: dynamic of {DECIDED} nodes, a node, all told", node, "ms", 20)
        seconds = _registration_seconds(client)
        yield Figure(f"many: a workflow of {NODES:,} nodes built, registered and compiled", seconds, "s", 2)
    if not options.short:
        yield _memory()


def _map_seconds(mapped: Prepared, items: int) -> float:
    return mapped.seconds(xs=list(range(items)))


def _peers() -> tuple[float, float]:
    """Milliseconds for an item, all told: of Metaflow's foreach, of Prefect's map."""
    foreach = call("metaflow_foreach.py", FOREACH_ITEMS, python=PEERS_PYTHON)
    mapped = call("prefect_map.py", ITEMS, python=PEERS_PYTHON)
    return 1e3 * foreach / FOREACH_ITEMS, 1e3 * mapped / ITEMS


def _registration_seconds(client: Client) -> float:
    start = time.perf_counter()
    program = load_file(PROGRAM)
    register_entity(client, program, program.find("very_wide"))
    return time.perf_counter() - start


def _memory() -> Figure:
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        mapped = prepare(client, "mapped", PROGRAM)
        for _ in range(MORE_ITEMS // ITEMS):
            _map_seconds(mapped, ITEMS)
        memory = psutil.Process(server.pid).memory_info().rss / MEGABYTE
    return Figure(f"many: the server's memory after {MORE_ITEMS:,} items", memory, "MB", 250)
