"""Prefect's tasks that add one, by its Ray task runner, with a server of its own: first a chain, then a fan-out.

The arguments are the cores of the cluster, which Ray starts for the flows, and the number of tasks; it prints each
flow's seconds.
"""

import json
import os
import sys
import tempfile
import time
from typing import Any


def main(cores: int, count: int) -> None:
    import ray  # what Prefect is to write to is set before it is imported
    from prefect import flow, task
    from prefect_ray import RayTaskRunner

    ray.init("local", num_cpus=cores, include_dashboard=False, log_to_driver=False, logging_level="error")
    address = ray.get_runtime_context().gcs_address

    @task
    def successor(x: int) -> int:
        return x + 1

    @flow(task_runner=RayTaskRunner(address=address))
    def chain(count: int) -> int:
        x: Any = 0
        for _ in range(count):
            x = successor.submit(x)
        return int(x.result())

    @flow(task_runner=RayTaskRunner(address=address))
    def fan_out(count: int) -> int:
        return len([each.result() for each in successor.map(list(range(count)))])

    fan_out(4)  # workers are started
    seconds = {}
    for name, run in {"chain": chain, "fan_out": fan_out}.items():
        start = time.perf_counter()
        result = run(count)
        seconds[name] = time.perf_counter() - start
        assert result == count
    sys.stdout.write(json.dumps(seconds) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ.update(
            PREFECT_HOME=folder,
            PREFECT_LOGGING_LEVEL="CRITICAL",
            PREFECT_LOGGING_SERVER_LEVEL="CRITICAL",
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
            DO_NOT_TRACK="1",
            RAY_USAGE_STATS_ENABLED="0",
        )
        main(int(sys.argv[1]), int(sys.argv[2]))
