"""Failures of the user's own code."""

from flytekit import task, workflow


@task(retries=1)
def reciprocal(value: int) -> float:
    return 1 / value


@workflow
def invert(value: int) -> float:
    return reciprocal(value=value)


RUNS = [(reciprocal, {"value": 2}), (invert, {"value": 4})]
FAILURES = [(reciprocal, {"value": 0}), (invert, {"value": 0})]
