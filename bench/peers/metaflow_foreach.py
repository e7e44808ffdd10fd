"""Metaflow's foreach over `count` items that add one, on this machine; prints the seconds, all told.

Run with a number it runs itself as the flow, in a folder of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from metaflow import FlowSpec, Parameter, step

WORKERS = 4


class Foreach(FlowSpec):
    count = Parameter("count", type=int)

    @step
    def start(self) -> None:
        self.items = list(range(self.count))
        self.next(self.successor, foreach="items")

    @step
    def successor(self) -> None:
        self.result = self.input + 1
        self.next(self.join)

    @step
    def join(self, inputs: Iterable[Any]) -> None:
        self.results = [each.result for each in inputs]
        self.next(self.end)

    @step
    def end(self) -> None:
        assert self.results == list(range(1, self.count + 1))


def main(count: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "HOME": folder,
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": folder,
            "METAFLOW_USER": "bench",
            "METAFLOW_MONITOR": "nullSidecarMonitor",
        }
        flow = str(Path(__file__).resolve())
        command = [sys.executable, flow, "run", "--count", count, "--max-workers", str(WORKERS)]
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        print(json.dumps(time.perf_counter() - start))


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdecimal():
        main(sys.argv[1])
    else:
        Foreach()
