"""Workflows of flytekit's that start launch plans. Run as a script by flytekit's own interpreter, it is the client.

As ``flytekit_launch_plans.py ENDPOINT`` it registers and runs them, and prints what came of it as a line of JSON.
"""

import json
import sys
from datetime import timedelta

from flytekit import LaunchPlan, dynamic, map_task, task, workflow


@task
def weigh(value: int, factor: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is negative")
    return value * factor


@task
def total(values: list[int]) -> int:
    return sum(values)


@task
def clean(value: int) -> None:
    print("cleaned", value)


@workflow
def weighted(value: int, factor: int = 2) -> int:
    return weigh(value=value, factor=factor)


plain = LaunchPlan.get_or_create(workflow=weighted)
tenfold = LaunchPlan.get_or_create(workflow=weighted, name="tenfold", fixed_inputs={"factor": 10})


@dynamic(node_dependency_hints=[tenfold])
def as_many(count: int) -> list[int]:
    return [tenfold(value=each) for each in range(count)]


@workflow(on_failure=clean)
def outer(value: int) -> tuple[int, int, int, int]:
    mapped = map_task(tenfold)(value=[1, 2, 3])
    return plain(value=value), tenfold(value=value), total(values=mapped), total(values=as_many(count=3))


def main(endpoint: str) -> None:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    platform = PlatformConfig(endpoint=endpoint.removeprefix("http://"), insecure=True)
    remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
    started = [remote.execute(outer, inputs={"value": value}, version="v1") for value in (4, -1)]
    good, bad = (
        remote.wait(each, timeout=timedelta(minutes=4), poll_interval=timedelta(milliseconds=200)) for each in started
    )
    synced = remote.sync_execution(good, sync_nodes=True)
    child = synced.node_executions["n2"].workflow_executions[0]
    plan = remote.fetch_launch_plan(name="tenfold", version="v1")
    direct = remote.wait(remote.execute(plan, inputs={"value": 7}), poll_interval=timedelta(milliseconds=200))
    print(
        json.dumps(
            {
                "outputs": [good.outputs[f"o{index}"] for index in range(4)],
                "error": "is negative" in bad.error.message,
                "child": [child.spec.metadata.mode, child.outputs["o0"]],
                "cleaned": "fn0" in remote.sync_execution(bad, sync_nodes=True).node_executions,
                "direct": direct.outputs["o0"],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
