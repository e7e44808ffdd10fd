"""More nodes than a graph has cards for."""

from livedeck import task, workflow

COUNT = 120


@task
def successor(x: int) -> int:
    return x + 1


@workflow
def wide() -> int:
    return [successor(x=number) for number in range(COUNT)][-1]
