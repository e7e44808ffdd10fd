"""A list of three million ints, made by one task, taken and given by a second, taken by a third.

Here and on the server, beside flytekit's local execution of a tenth as many in the same run: of all it takes minutes.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE, call
from bench.running import prepare
from bench.values_workflows import COUNT, passed_on
from livedeck.client import Client
from livedeck.testing.process import running_server

PROGRAM = Path(__file__).parent / "values_workflows.py"


def figures(options: Options) -> Iterator[Figure]:
    theirs = None if options.short else call("large_list.py", COUNT // 10)
    peer = None if theirs is None else "flytekit's local execution of a tenth"
    passed_on(count=3)
    start = time.perf_counter()
    passed_on(count=COUNT)
    label = f"values: {COUNT:,} ints from a task through a second into a third"
    yield Figure(f"{label}, in this process", time.perf_counter() - start, "s", 3, peer, theirs)
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        program = prepare(client, "passed_on", PROGRAM)
        program.seconds(count=3)
        yield Figure(f"{label}, on the server", program.seconds(count=COUNT), "s", 20, peer, theirs)
