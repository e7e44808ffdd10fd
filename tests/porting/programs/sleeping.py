"""A workflow that lets some time pass between two tasks."""

from datetime import timedelta

from flytekit import sleep, task, workflow


@task
def double(n: int) -> int:
    return n * 2


@workflow
def slowly(n: int) -> int:
    first = double(n=n)
    slept = sleep(timedelta(milliseconds=100))
    second = double(n=first)
    first >> slept
    slept >> second
    return second


RUNS = [(slowly, {"n": 3})]
