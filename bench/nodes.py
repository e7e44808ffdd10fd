"""What a task costs, all told: state machine, records, a process of its own, input and output through the store."""

import statistics
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
            measured = [1e3 * program.seconds(x=0) / tasks for _ in range(runs)]
            label = f"{name.replace('_', '-')} of {tasks}, a task, all told"
            yield Figure(f"nodes: {label}, median", statistics.median(measured), "ms", bound)
