"""Maps, dynamic tasks, sub-workflows and failure nodes of flytekit's. Its interpreter runs it as a script: the client.

As ``flytekit_fanned.py ENDPOINT`` it registers and runs them, and prints what came of it as a line of JSON.
"""

import functools
import json
import sys
from datetime import timedelta
from typing import Any

from flytekit import conditional, dynamic, map_task, task, workflow
from flytekit.types.error.error import FlyteError


@task
def scale(value: int, factor: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is negative")
    return value * factor


@task
def total(values: list[int | None]) -> int:
    return sum(value for value in values if value is not None)


@task
def clean(values: list[int], factor: int, err: FlyteError | None = None) -> None:
    print("cleaned", values, factor, err)


@workflow
def scaled_twice(value: int, factor: int) -> int:
    return scale(value=scale(value=value, factor=factor), factor=factor)


@dynamic
def spread(values: list[int], factor: int) -> list[int]:
    return [scaled_twice(value=value, factor=factor) for value in values]


@dynamic
def nested(values: list[int], factor: int) -> list[int]:
    return spread(values=values, factor=factor)


@workflow(on_failure=clean)
def fanned(values: list[int], factor: int) -> tuple[int, list[int], int]:
    mapped = map_task(functools.partial(scale, factor=factor), concurrency=2)(value=values)
    spread_out = nested(values=values, factor=factor)
    way = (
        conditional("factor")
        .if_(factor > 5)
        .then(scaled_twice(value=1, factor=factor))
        .else_()
        .then(scale(value=100, factor=factor))
    )
    return total(values=mapped), spread_out, way


@workflow
def most(values: list[int]) -> int:
    return total(values=map_task(functools.partial(scale, factor=1), min_success_ratio=0.5)(value=values))


def main(endpoint: str) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint, insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    runs: list[tuple[Any, dict[str, Any]]] = [
        (fanned, {"values": [1, 2, 3], "factor": 10}),
        (fanned, {"values": [1, -2], "factor": 2}),
        (most, {"values": [1, -2, 3]}),
    ]
    started = [remote.execute(entity, inputs=inputs, version="v1") for entity, inputs in runs]
    good, bad, partly = (
        remote.wait(each, timeout=timedelta(minutes=5), poll_interval=timedelta(milliseconds=200)) for each in started
    )
    synced = remote.sync_execution(good, sync_nodes=True)
    failed = remote.sync_execution(bad, sync_nodes=True)
    print(
        json.dumps(
            {
                "fanned": [good.outputs[f"o{index}"] for index in range(3)]
                if good.error is None
                else good.error.message,
                "nodes": sorted(synced.node_executions),
                "error": "is negative" in bad.error.message,
                "cleaned": "fn0" in failed.node_executions,
                "partly": partly.outputs["o0"] if partly.error is None else partly.error.message,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
