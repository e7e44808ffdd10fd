"""A workflow that has a node of every kind, each of whose attempts leaves a line in a file of its own.

It fails at the end: a sub-workflow of it does, so that its failure node runs.
"""

import asyncio
import functools
import os
import time
from datetime import timedelta
from pathlib import Path

from livedeck import (
    Cache,
    FlyteError,
    LaunchPlan,
    RecoverableError,
    WorkflowFailurePolicy,
    approve,
    conditional,
    current_context,
    dynamic,
    eager,
    map_task,
    sleep,
    task,
    wait_for_input,
    workflow,
)

SECONDS = 0.2
"""How long a task takes: long enough for the server to be killed meanwhile."""


def note(ledger: str, what: str) -> None:
    """Leave a line that says which attempt runs; a second one of the same attempt would stand beside it."""
    attempt = current_context().attempt
    with Path(ledger).open("a", encoding="utf-8") as lines:
        lines.write(f"{what} {attempt} {os.getpid()}\n")
    time.sleep(SECONDS)


@task
def plain(x: int, what: str, ledger: str) -> int:
    note(ledger, what)
    return x + 1


@task(retries=1)
def retried(x: int, ledger: str) -> int:
    note(ledger, "retried")
    if current_context().attempt == 1:
        raise RecoverableError("the next will do")
    return x + 1


@task(cache=Cache(version="1", serialize=True, ignored_inputs=("what",)))
def cached(x: int, what: str, ledger: str) -> int:
    note(ledger, "cached")
    return x + 1


@task
def item(x: int, ledger: str) -> int:
    note(ledger, f"item-{x}")
    return x * x


@dynamic
def spread(count: int, ledger: str) -> list[int]:
    note(ledger, "spread")
    return [plain(x=number, what=f"spread-{number}", ledger=ledger) for number in range(count)]


@task
async def called(x: int, ledger: str) -> int:
    note(ledger, f"called-{x}")
    return x + 1


@eager
async def parent(count: int, ledger: str) -> int:
    note(ledger, "parent")
    made = await asyncio.gather(*(called(x=number, ledger=ledger) for number in range(count)))
    return plain(x=sum(made), what="called-last", ledger=ledger)


@workflow
def inner(x: int, ledger: str) -> int:
    return plain(x=plain(x=x, what="inner-1", ledger=ledger), what="inner-2", ledger=ledger)


@workflow
def started(x: int, ledger: str) -> int:
    return plain(x=x, what="child", ledger=ledger)


child_plan = LaunchPlan.get_or_create(workflow=started, name="every_kind.child_plan")


@workflow
def squared(x: int, ledger: str) -> int:
    return item(x=x, ledger=ledger)


squared_plan = LaunchPlan.get_or_create(workflow=squared, name="every_kind.squared_plan")


@task
def broken(ledger: str) -> int:
    note(ledger, "broken")
    raise ValueError("as it has to")


@task
def clean_up(ledger: str, err: FlyteError | None = None) -> None:
    note(ledger, "clean-up")


@workflow(on_failure=clean_up)
def doomed(ledger: str) -> int:
    return broken(ledger=ledger)


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def every_kind(ledger: str) -> tuple[int, int, int, list[int], list[int], int, int, int, list[int]]:
    first = plain(x=0, what="first", ledger=ledger)
    second = retried(x=first, ledger=ledger)
    doomed(ledger=ledger)
    nested = inner(x=second, ledger=ledger)
    way = (
        conditional("way")
        .if_(second > 1)
        .then(plain(x=second, what="taken", ledger=ledger))
        .else_()
        .then(plain(x=second, what="not-taken", ledger=ledger))
    )
    mapped = map_task(functools.partial(item, ledger=ledger), concurrency=2)(x=[1, 2, 3])
    spread_out = spread(count=3, ledger=ledger)
    number = wait_for_input("number", timeout=timedelta(hours=1), expected_type=int)
    slept = sleep(timedelta(seconds=SECONDS))
    agreed = approve(number, "agreed", timeout=timedelta(hours=1))
    once = cached(x=agreed, what="a", ledger=ledger)
    again = cached(x=agreed, what="b", ledger=ledger)
    last = plain(x=once, what="last", ledger=ledger)
    slept >> last
    in_child = child_plan(x=second, ledger=ledger)
    waited_for = parent(count=2, ledger=ledger)
    in_children = map_task(squared_plan)(x=[10, 20], ledger=[ledger, ledger])
    return nested, way, again, mapped, spread_out, last, in_child, waited_for, in_children


ATTEMPTS = {
    *(f"{name} 1" for name in ("first", "retried", "cached", "spread", "broken", "clean-up", "taken", "last", "child")),
    *(f"{name} 1" for name in ("inner-1", "inner-2", "item-1", "item-2", "item-3", "item-10", "item-20")),
    *(f"spread-{number} 1" for number in range(3)),
    *(f"{name} 1" for name in ("parent", "called-0", "called-1", "called-last")),
    "retried 2",
}
"""What is in the file at the end, each once."""
SUCCEEDED = {f"n{number}" for number in range(16)} - {"n2"}
"""Nodes of the workflow that succeed, but for those of the way that is not taken."""
