"""What a task costs, all told: state machine, records, a process of its own, input and output through the store.

Beside it, in the same run, what the machine takes for the least that could be had otherwise: a new interpreter that
does nothing.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE
from bench.running import prepare
from bench.workflows import CHAIN, FAN_OUT
from livedeck.client import Client
from livedeck.testing.process import running_server


def figures(options: Options) -> Iterator[Figure]:
    runs = 1 if options.short else 5
    with running_server(environment=BYTE_CODE) as server, Client(server.endpoint) as client:
        for name, tasks, bound in (("chain", CHAIN, 20), ("fan_out", FAN_OUT, 12)):
            program = prepare(client, name)
            program.seconds(x=0)  # code is unpacked and compiled once
            ours, theirs = [], []
            for _ in range(runs):  # in turn, so that both have the same neighbours
                ours.append(1e3 * program.seconds(x=0) / tasks)
                theirs.append(1e3 * interpreter_seconds())
            label = f"nodes: {name.replace('_', '-')} of {tasks}, a task, all told, median"
            yield Figure(label, statistics.median(ours), "ms", bound, "python -c pass", statistics.median(theirs))


def interpreter_seconds() -> float:
    """Seconds for one new interpreter, one after the other."""
    start = time.perf_counter()
    for _ in range(10):
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.perf_counter() - start) / 10
