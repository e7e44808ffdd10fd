"""A map over a task that fails for some items and is tried again for others."""

import os

from livedeck import Deck, RecoverableError, map_task, task, workflow


@task(retries=1)
def work(number: int) -> int:
    print(f"working on {number}")
    Deck("number").append(f"<p>number {number}</p>")
    if number == 13:
        raise ValueError("13 brings bad luck")
    if number == 7 and os.environ["FLYTE_ATTEMPT_NUMBER"] == "0":
        raise RecoverableError("not at once")
    return number * 10


@workflow
def mapped(numbers: list[int]) -> list[int | None]:
    return map_task(work, min_success_ratio=0.5)(number=numbers)
