"""What the neighbours of whoever disturbs a server notice: `/healthz`, another Deck's stream, another execution."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import Prepared, prepare
from livedeck.client import Client
from livedeck.testing.disturbances import DISTURBANCES, Neighbourhood, Noticed
from livedeck.testing.process import ServerProcess, running_server

PROGRAM = Path(__file__).parent / "neighbour_tasks.py"
BOUND = 250.0
"""Milliseconds that anybody may wait."""
UNDISTURBED = 3.0
"""Seconds without a disturbance."""
TIMES = 3
"""How often each is done: one wait of one start of a process says little on a machine that others use, too."""


def figures(options: Options) -> Iterator[Figure]:
    names = list(DISTURBANCES)[:3] if options.short else list(DISTURBANCES)
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        programs = {name: prepare(client, name, PROGRAM) for name in ("tick", "rest", "nothing")}
        programs["nothing"].wait(programs["nothing"].start())
        for name in (None, *names):
            worst = [_longest_wait(client, server, programs, name) for _ in range(1 if options.short else TIMES)]
            yield Figure(f"neighbours of {name or 'nobody'}: longest wait", 1e3 * median(worst), "ms", BOUND)


def _longest_wait(client: Client, server: ServerProcess, programs: Mapping[str, Prepared], name: str | None) -> float:
    """Return how many seconds anybody waited at most."""
    with Neighbourhood(client, server.data_dir, lambda task, **inputs: programs[task].start(**inputs)) as neighbourhood:
        noticed = neighbourhood.disturb(name) if name else _undisturbed(neighbourhood)
    if noticed.errors:
        raise SystemExit(f"{name}: {noticed.errors}")
    return noticed.worst


def _undisturbed(neighbourhood: Neighbourhood) -> Noticed:
    """What the machine itself makes everybody wait, to compare the others with."""
    with neighbourhood.neighbours.watching() as noticed:
        time.sleep(UNDISTURBED)
    return noticed
