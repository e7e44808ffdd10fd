"""Nodes that are made with create_node: their outputs by name, and their order."""

from typing import NamedTuple

from flytekit import dynamic, task, workflow
from flytekit.core.node_creation import create_node


class Parts(NamedTuple):
    quotient: int
    remainder: int


@task
def divide(a: int, b: int) -> Parts:
    return Parts(a // b, a % b)


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def nothing(a: int) -> None:
    return None


@workflow
def by_name(a: int, b: int) -> tuple[int, int]:
    parts = create_node(divide, a=a, b=b)
    total = create_node(add, a=parts.quotient, b=parts.remainder)
    return total.o0, parts.remainder


@workflow
def in_order(a: int) -> int:
    first = create_node(nothing, a=a)
    last = create_node(add, a=a, b=1)
    first >> last
    return last.o0


@dynamic
def in_a_dynamic(n: int) -> int:
    total = create_node(add, a=0, b=0)
    for number in range(n):
        total = create_node(add, a=total.o0, b=number)
    return total.o0


RUNS = [(by_name, {"a": 17, "b": 5}), (in_order, {"a": 2}), (in_a_dynamic, {"n": 3})]
