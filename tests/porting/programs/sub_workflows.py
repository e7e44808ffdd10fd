"""Workflows within workflows, tasks that wait for each other without data, and options of one node."""

import flytekit
from flytekit import Resources, task, workflow


@task
def add(left: int, right: int) -> int:
    return left + right


@task(retries=1, requests=Resources(mem="100Mi"))
def note(text: str) -> None:
    flytekit.current_context().logging.info(text)


@workflow
def inner(value: int, more: int = 10) -> int:
    return add(left=value, right=more)


@workflow
def middle(value: int) -> tuple[int, int]:
    first = inner(value=value)
    return first, inner(value=first, more=100)


@workflow
def outer(value: int) -> tuple[int, int, int]:
    low, high = middle(value=value)
    noted = note(text="in between").with_overrides(node_name="noted", requests=Resources(cpu="1"))
    total = add(left=low, right=high)
    noted >> total
    return low, high, total


RUNS = [(inner, {"value": 1}), (middle, {"value": 2}), (outer, {"value": 3})]
