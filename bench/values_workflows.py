"""What `bench.values` runs, here and on the server: a large list goes into a task, and another one comes out."""

from livedeck import task, workflow

COUNT = 3_000_000


@task
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def successors(xs: list[int]) -> list[int]:
    return [x + 1 for x in xs]


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@workflow
def passed_on(count: int = COUNT) -> int:
    return total(xs=successors(xs=numbers(count=count)))
