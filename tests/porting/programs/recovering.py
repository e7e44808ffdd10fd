"""Errors of the user's own that may be tried again, and checkpoints, in attempts that are the first and the last."""

import flytekit
from flytekit import task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task(retries=1)
def wrong(value: int) -> int:
    if value == 0:
        raise ValueError("not to be tried again")
    return value


@task(retries=1)
def never(value: int) -> int:
    if value == 0:
        raise FlyteRecoverableException("never")
    return value


@task(retries=2)
def counted(until: int) -> int:
    checkpoint = flytekit.current_context().checkpoint
    begun = int(checkpoint.read() or b"0") if checkpoint.prev_exists() else 0
    for number in range(begun, until):
        checkpoint.write(str(number).encode())
    return until - begun


@workflow
def lost(value: int) -> int:
    return never(value=value)


@workflow
def mistaken(value: int) -> int:
    return wrong(value=value)


@workflow
def counting(until: int = 4) -> int:
    return counted(until=until)


RUNS = [(lost, {"value": 1}), (mistaken, {"value": 2}), (counting, {}), (counting, {"until": 0})]
FAILURES = [(lost, {"value": 0}), (mistaken, {"value": 0}), (wrong, {"value": 0})]
