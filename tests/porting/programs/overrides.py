"""Nodes with options of their own."""

from datetime import timedelta

from flytekit import Cache, Resources, task, workflow


@task(retries=1)
def doubled(value: int) -> int:
    return 2 * value


@workflow
def overridden(value: int = 3) -> int:
    first = doubled(value=value).with_overrides(node_name="the-first", retries=2, timeout=timedelta(minutes=5))
    second = doubled(value=first).with_overrides(name="shown as", interruptible=False)
    return doubled(value=second).with_overrides(requests=Resources(cpu="100m"), limits=Resources(mem="500Mi"))


@workflow
def cached(value: int) -> int:
    first = doubled(value=value).with_overrides(cache=Cache(version="7", serialize=True))
    return doubled(value=first).with_overrides(cache=Cache(version="7"))


RUNS = [(overridden, {}), (overridden, {"value": 0}), (cached, {"value": 2})]
