"""Workflows of every shape, of tasks that take no time."""

import asyncio
import time
from dataclasses import dataclass
from typing import NamedTuple

from livedeck import WorkflowFailurePolicy, task, workflow


class Split(NamedTuple):
    """Two named outputs."""

    quotient: int
    remainder: int


@dataclass
class Report:
    """Something with attributes and indexes."""

    total: int
    parts: list[int]
    names: dict[str, str]


@task
def add(a: int, b: int = 10) -> int:
    """Add."""
    return a + b


@task
def total(parts: list[int]) -> int:
    """Add all."""
    return sum(parts)


@task
def divide(a: int, b: int) -> Split:
    """Divide, with rest."""
    return Split(*divmod(a, b))


@task
def pair(a: int) -> tuple[int, str]:
    """Return two outputs without names."""
    return a, str(a)


@task
def report(a: int) -> Report:
    """Return a dataclass."""
    return Report(a, [a, a + 1], {"first": f"number {a}"})


@task
def describe(total: int, second: int, name: str) -> str:
    """Put parts of a report into words."""
    return f"{total} {second} {name}"


@task
async def later(a: int) -> int:
    """Give way to the event loop, then add one."""
    await asyncio.sleep(0)
    return a + 1


@task
def clock() -> float:
    """Say what time it is, and take a moment."""
    now = time.monotonic()
    time.sleep(0.05)
    return now


@task
def boom() -> int:
    """Fail."""
    raise ValueError("as planned")


@task
def linger() -> int:
    """Run until somebody ends it."""
    time.sleep(600)
    return 0


@workflow
def chain(a: int = 1) -> int:
    """Defaults of the workflow and of the task, and a constant."""
    return add(a=add(a=add(a=a), b=100))


@workflow
def fan(a: int) -> int:
    """Out to three and in to one: a list of promises and a constant."""
    return total(parts=[add(a=a), add(a=a, b=2), later(a=a), 1000])


@workflow
def outputs(a: int, b: int) -> tuple[int, int, str]:
    """Named and unnamed outputs of tasks; several of the workflow."""
    split = divide(a=a, b=b)
    number, text = pair(a=split.remainder)
    return add(a=split.quotient, b=0), number, text


@workflow
def parts(a: int) -> str:
    """Attributes and indexes of a promise."""
    made = report(a=a)
    return describe(total=made.total, second=made.parts[1], name=made.names["first"])


@workflow
def ordered() -> tuple[float, float]:
    """No data between them, but an order."""
    second = clock()
    first = clock()
    first >> second
    return first, second


@workflow
def nested(a: int) -> int:
    """Sub-workflows, one inside the other, one of them twice."""
    return add(a=inner(a=a), b=inner(a=100))


@workflow
def inner(a: int) -> int:
    """Call another one."""
    return chain(a=add(a=a, b=0))


@workflow
def overridden(a: int) -> int:
    """A node with an id of its own."""
    return add(a=a).with_overrides(node_name="the-sum", name="the sum")


@workflow
def fails_at_once() -> tuple[int, int]:
    """One fails while its sibling runs."""
    return boom(), linger()


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def fails_at_last(a: int) -> tuple[int, int]:
    """One fails; what does not depend on it runs to its end."""
    return add(a=boom()), add(a=add(a=add(a=a)))
