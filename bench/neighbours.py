"""What the neighbours of whoever disturbs a server notice: `/healthz`, another Deck's stream, another execution."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from livedeck.client import Client
from livedeck.testing.disturbances import DISTURBANCES, Neighbourhood, Noticed
from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "neighbour_tasks.py"
BOUND = 250.0
"""Milliseconds that anybody may wait."""
UNDISTURBED = 3.0
"""Seconds without a disturbance."""


def figures(options: Options) -> Iterator[Figure]:
    names = list(DISTURBANCES)[:3] if options.short else list(DISTURBANCES)
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        programs = {name: prepare(client, name, PROGRAM) for name in ("tick", "rest", "nothing")}
        programs["nothing"].wait(programs["nothing"].start())
        for name in (None, *names):
            with Neighbourhood(
                client, server.data_dir, lambda task, **inputs: programs[task].start(**inputs)
            ) as neighbourhood:
                noticed = neighbourhood.disturb(name) if name else _undisturbed(neighbourhood)
            if noticed.errors:
                raise SystemExit(f"{name}: {noticed.errors}")
            yield Figure(f"neighbours of {name or 'nobody'}: longest wait", 1e3 * noticed.worst, "ms", BOUND)


def _undisturbed(neighbourhood: Neighbourhood) -> Noticed:
    """What the machine itself makes everybody wait, to compare the others with."""
    with neighbourhood.neighbours.watching() as noticed:
        time.sleep(UNDISTURBED)
    return noticed
