"""How long one waits: for `import livedeck`, and for the server."""

import statistics
import sys
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.peers.call import PYTHON, import_seconds
from livedeck.testing.process import running_server

RUNS = 7


def figures() -> Iterator[Figure]:
    import_seconds(sys.executable, "livedeck"), import_seconds(str(PYTHON), "flytekit")  # byte code and disk cache
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(import_seconds(sys.executable, "livedeck"))
        theirs.append(import_seconds(str(PYTHON), "flytekit"))
    yield Figure(
        "start: import, median",
        statistics.median(ours),
        "s",
        bound=0.1,
        peer="import flytekit",
        peer_value=statistics.median(theirs),
    )
    yield Figure(
        "start: server from exec to ready, median", statistics.median(server_start() for _ in range(RUNS)), "s", 1.5
    )


def server_start() -> float:
    """Seconds until `/healthz` answers, on an empty data folder."""
    start = time.perf_counter()
    with running_server():
        return time.perf_counter() - start
