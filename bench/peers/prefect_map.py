"""Prefect's map of a task that adds one over `count` items, with a server of its own; prints the flow's seconds."""

import json
import os
import sys
import tempfile
import time


def main(count: int) -> None:
    from prefect import flow, task  # what it is to write to is set before it is imported

    @task
    def successor(x: int) -> int:
        return x + 1

    @flow
    def mapped(count: int) -> list[int]:
        return [each.result() for each in successor.map(list(range(count)))]

    mapped(2)
    start = time.perf_counter()
    results = mapped(count)
    seconds = time.perf_counter() - start
    assert results == list(range(1, count + 1))
    sys.stdout.write(json.dumps(seconds) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ.update(
            PREFECT_HOME=folder,
            PREFECT_LOGGING_LEVEL="CRITICAL",
            PREFECT_LOGGING_SERVER_LEVEL="CRITICAL",
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            DO_NOT_TRACK="1",
        )
        main(int(sys.argv[1]))
