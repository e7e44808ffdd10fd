"""Waits for people before it publishes."""

from datetime import timedelta

from livedeck import approve, sleep, task, wait_for_input, workflow


@task
def evaluate(runs: int) -> float:
    return 1 - 0.5**runs


@task
def publish(accuracy: float, version: str) -> str:
    return f"{version} with {accuracy:.0%}"


# --8<-- [start:release]
@workflow
def release(runs: int = 5) -> str:
    accuracy = evaluate(runs=runs)
    approved = approve(accuracy, "publish", timeout=timedelta(days=2))
    version = wait_for_input("version", timeout=timedelta(days=2), expected_type=str)
    cooled_down = sleep(timedelta(seconds=1))
    published = publish(accuracy=approved, version=version)
    cooled_down >> published
    return published


# --8<-- [end:release]
