"""Dynamic tasks: loops, decisions and nesting over values that are known only when the task runs."""

from dataclasses import dataclass

from flytekit import Resources, conditional, dynamic, map_task, task, workflow


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
def summed(order: Order) -> int:
    return sum(order.amounts)


@task
def fail(x: int) -> int:
    if x:
        raise ValueError("as planned")
    return x


@workflow
def square_twice(x: int) -> int:
    return square(x=square(x=x))


@dynamic
def squares(n: int) -> int:
    return total(xs=[square(x=number) for number in range(n)])


@dynamic
def decide(n: int) -> tuple[int, str]:
    if n % 2:
        return square(x=n), "odd"
    return square_twice(x=n), "even"


@dynamic
def halve(n: int) -> int:
    return square(x=3) if n <= 1 else halve(n=n // 2)


@dynamic(retries=1, requests=Resources(cpu="1"))
def of_orders(orders: list[Order]) -> dict[str, int]:
    return {order.name: summed(order=order) for order in orders}


@dynamic
def nothing_called(n: int) -> int:
    return n + 1


@dynamic
def changes_its_list(n: int) -> list[int]:
    seen: list[int] = []
    sums = []
    for number in range(n):
        seen.append(number)
        sums.append(total(xs=seen))
    return sums


@dynamic
def named(n: int) -> int:
    return total(xs=[square(x=number).with_overrides(node_name=f"square-{number}") for number in range(n)])


@dynamic
def fails(n: int) -> int:
    return total(xs=[square(x=n), fail(x=n)])


@dynamic
def mapped(n: int) -> int:
    values = map_task(square)(x=map_task(square, concurrency=1)(x=list(range(n))))
    found = total(xs=values)
    return conditional("large").if_(found > 10).then(square(x=found)).else_().then(square_twice(x=found))


@workflow
def together(n: int) -> tuple[int, int, int]:
    found = squares(n=n)
    return square(x=found), halve(n=found), named(n=found)


RUNS = [
    (squares, {"n": 5}),
    (squares, {"n": 0}),
    (decide, {"n": 3}),
    (decide, {"n": 4}),
    (halve, {"n": 20}),
    (of_orders, {"orders": [Order("b", [1, 2]), Order("a", [3])]}),
    (nothing_called, {"n": 1}),
    (changes_its_list, {"n": 4}),
    (mapped, {"n": 3}),
    (together, {"n": 3}),
]

FAILURES = [(fails, {"n": 1})]
