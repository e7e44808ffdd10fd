"""Nodes that wait for each other without a value that passes between them."""

from flytekit import task, workflow


@task
def first(value: int) -> int:
    return value + 1


@task
def nothing(value: int) -> None:
    assert value >= 0


@task
def last() -> str:
    return "done"


@workflow
def ordered(value: int = 2) -> tuple[int, str]:
    one = first(value=value)
    two = nothing(value=value)
    three = last()
    one >> two
    two >> three
    return one, three


RUNS = [(ordered, {}), (ordered, {"value": 0})]
