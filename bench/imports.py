"""Tasks of a module that imports pandas: a new server's first execution, for which nothing is imported yet.

Beside it, the same on a server where each attempt imports by itself.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.options import Options
from bench.pandas_workflows import TASKS
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from livedeck.client import Client
from livedeck.executors.process.groups import IMPORT_ZYGOTES
from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "pandas_workflows.py"


def figures(options: Options) -> Iterator[Figure]:
    ours, later = _seconds(BYTE_CODE)
    theirs = None if options.short else _seconds({**BYTE_CODE, IMPORT_ZYGOTES: "0"})[0]
    label = f"imports: {TASKS} tasks of a module that imports pandas"
    peer = None if theirs is None else "each imports by itself"
    yield Figure(f"{label}, the first time", ours, "s", 8, peer, theirs)
    yield Figure(f"{label}, the next time", later, "s", 8)


def _seconds(environment: dict[str, str]) -> tuple[float, float]:
    with running_server(environment=environment) as server, Client(server.endpoint) as client:
        program = prepare(client, "totals", PROGRAM)
        return program.seconds(x=0), program.seconds(x=1)
