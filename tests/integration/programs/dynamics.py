"""Dynamic tasks: the nodes that run are known only once the task has."""

import os
from dataclasses import dataclass

import livedeck
from livedeck import Deck, Resources, current_context, dynamic, task, workflow


@dataclass
class Order:
    name: str
    amounts: list[int]


@task
def square(x: int) -> int:
    return x * x


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def joined(parts: dict[str, int]) -> str:
    return ",".join(f"{key}={value}" for key, value in parts.items())


@task
def summed(order: Order) -> int:
    return sum(order.amounts)


@task
def refused(x: int) -> int:
    raise ValueError(f"{x} is refused, as planned")


@workflow
def square_of(x: int) -> int:
    return square(x=x)


@dynamic
def squares(n: int) -> int:
    return total(xs=[square(x=number) for number in range(n)])


@dynamic
def halves(n: int) -> int:
    """As deep as ``n`` has halves, in a sub-workflow at the end."""
    if n <= 1:
        return square_of(x=3)
    return halves(n=n // 2)


@dynamic
def nothing_called(n: int) -> int:
    return n + 1


@dynamic
def changed_meanwhile(n: int) -> str:
    seen: list[int] = []
    parts = {}
    for number in range(n, 0, -1):
        seen.append(number)
        parts[f"p{number}"] = total(xs=seen)
    return joined(parts=parts)


@dynamic
def of_orders(orders: list[Order]) -> dict[str, int]:
    return {order.name: summed(order=order) for order in orders}


@dynamic
def shown(n: int) -> int:
    Deck("plan").text(f"{n} squares, in process {os.getpid()}")
    current_context().publish_decks()
    return total(xs=[square(x=number).with_overrides(node_name=f"square-{number}") for number in range(n)])


@dynamic
def without_outputs(n: int) -> None:
    first = square(x=n)
    last = square(x=n).with_overrides(name="the last", requests=Resources(cpu=1))
    first >> last


@dynamic(retries=2)
def with_a_failure(n: int) -> int:
    return total(xs=[square(x=n), refused(x=n)])


@dynamic(cache=True, cache_version="1")
def remembered(n: int) -> int:
    return total(xs=[square(x=number) for number in range(n)])


@workflow
def all_of_it(n: int) -> tuple[int, int, int, str]:
    found = squares(n=n)
    return square(x=found), nothing_called(n=found), halves(n=n), changed_meanwhile(n=n)


assert livedeck.dynamic is dynamic
