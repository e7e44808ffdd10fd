"""A dynamic task that says while it runs what is to run."""

from livedeck import dynamic, task, workflow


@task
def square(x: int) -> int:
    return x * x


@task
def total(values: list[int]) -> int:
    return sum(values)


@dynamic
def sum_of_squares(count: int) -> int:
    return total(values=[square(x=number) for number in range(count)])


@workflow
def growing(count: int) -> int:
    return sum_of_squares(count=count)
