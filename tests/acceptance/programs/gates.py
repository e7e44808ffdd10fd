"""A workflow that takes one of two ways, and waits for an approval, for a number and for a yes or no."""

from datetime import timedelta

from livedeck import approve, conditional, task, wait_for_input, workflow


@task
def score(x: int) -> int:
    return x * 10


@task
def publish(scored: int) -> int:
    return scored + 1


@task
def set_aside(scored: int) -> int:
    return -scored


@task
def add(left: int, right: int, round_up: bool) -> int:
    return left + right + round_up


@workflow
def release(x: int = 3) -> int:
    scored = score(x=x)
    approved = approve(scored, "good enough", timeout=timedelta(hours=1))
    chosen = (
        conditional("how good")
        .if_((approved > 20) & (x < 100))
        .then(publish(scored=approved))
        .else_()
        .then(set_aside(scored=approved))
    )
    how_many = wait_for_input("how many more", timedelta(hours=1), int)
    return add(left=chosen, right=how_many, round_up=wait_for_input("round up", timedelta(hours=1), bool))
