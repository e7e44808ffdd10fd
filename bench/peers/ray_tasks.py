"""Ray's own tasks that add one, on a running cluster: a chain or a fan-out; prints the seconds, all told.

The arguments are the cluster's address, the shape and the number of tasks. Each asks for half a core, as an attempt
of livedeck's does that does not say.
"""

import json
import sys
import time
from typing import Any

import ray


@ray.remote(num_cpus=0.5)
def successor(x: int) -> int:
    return x + 1


def chain(count: int) -> int:
    x: Any = 0
    for _ in range(count):
        x = successor.remote(x)
    return int(ray.get(x))


def fan_out(count: int) -> int:
    return len(ray.get([successor.remote(x) for x in range(count)]))


def main(address: str, shape: str, count: int) -> None:
    ray.init(address=address, log_to_driver=False, logging_level="error")
    run = {"chain": chain, "fan_out": fan_out}[shape]
    fan_out(20)  # workers are started
    start = time.perf_counter()
    result = run(count)
    seconds = time.perf_counter() - start
    assert result == count
    sys.stdout.write(json.dumps(seconds) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
