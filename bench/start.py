"""How long one waits: for `import livedeck`, and for the server."""

import statistics
import sys
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE, PYTHON, import_seconds
from livedeck.testing.process import running_server


def figures(options: Options) -> Iterator[Figure]:
    runs = 3 if options.short else 11
    import_seconds(sys.executable, "livedeck"), import_seconds(str(PYTHON), "flytekit")  # byte code and disk cache
    ours, theirs = [], []
    for _ in range(runs):  # in turn, so that both have the same neighbours
        ours.append(import_seconds(sys.executable, "livedeck"))
        theirs.append(import_seconds(str(PYTHON), "flytekit"))
    measured, peer = statistics.median(ours), statistics.median(theirs)
    yield Figure("start: import, median", measured, "s", 0.1, "import flytekit", peer)
    server_start()
    measured = statistics.median(server_start() for _ in range(runs))
    yield Figure("start: server from exec to ready, median", measured, "s", 1.5)


def server_start() -> float:
    """Seconds until the server says that it is ready, on an empty data folder."""
    start = time.perf_counter()
    with running_server(environment=BYTE_CODE):
        return time.perf_counter() - start
