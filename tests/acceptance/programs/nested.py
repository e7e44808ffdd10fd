"""A workflow of many nodes of one task, and one inside of another, where one node fails."""

from livedeck import task, workflow


@task
def square(x: int) -> int:
    return x * x


@task
def refuse(x: int) -> int:
    raise ValueError(f"no {x} today")


@workflow
def inner(x: int) -> int:
    return refuse(x=square(x=x))


@workflow
def nested() -> int:
    squares = [square(x=number) for number in range(14)]
    return inner(x=squares[0])
