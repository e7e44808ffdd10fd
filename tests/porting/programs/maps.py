"""Tasks mapped over lists."""

import functools
from dataclasses import dataclass
from typing import Optional

from flytekit import map_task, task, workflow


@dataclass
class Box:
    side: int


@task
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def square(value: int) -> int:
    return value * value


@task
def scale(value: int, factor: float, text: str) -> str:
    return f"{text}{value * factor}"


@task
def add(left: int, right: int) -> int:
    return left + right


@task
def total(values: list[int]) -> int:
    return sum(values)


@task
def odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return value


@task
def sides(values: list[Optional[int]]) -> int:
    return sum(value for value in values if value is not None)


@task
def note(value: int) -> None:
    pass


@task
def box(side: int) -> Box:
    return Box(side)


@task
def area(of: Box) -> int:
    return of.side**2


@workflow
def squares(count: int = 5) -> int:
    return total(values=map_task(square)(value=numbers(count=count)))


@workflow
def given(values: list[int]) -> list[int]:
    return map_task(square, concurrency=2)(value=values)


@workflow
def bound(values: list[int], factor: float) -> list[str]:
    return map_task(functools.partial(scale, factor=factor, text="x"))(value=values)


@workflow
def two_lists(left: list[int], right: list[int]) -> list[int]:
    return map_task(add)(left=left, right=right)


@workflow
def some(values: list[int]) -> tuple[list[Optional[int]], int]:
    kept = map_task(odd, min_success_ratio=0.5)(value=values)
    return kept, sides(values=kept)


@workflow
def all_of(values: list[int]) -> list[int]:
    return map_task(odd)(value=values)


@workflow
def chained(values: list[int]) -> list[int]:
    return map_task(area)(of=map_task(box)(side=values))


@workflow
def without_outputs(values: list[int]) -> None:
    map_task(note)(value=values)


RUNS = [
    (squares, {}),
    (squares, {"count": 0}),
    (given, {"values": [3, 4]}),
    (bound, {"values": [1, 2, 3], "factor": 0.5}),
    (two_lists, {"left": [1, 2], "right": [10, 20]}),
    (some, {"values": [1, 2, 3]}),
    (chained, {"values": [2, 3]}),
    (without_outputs, {"values": [1]}),
]
FAILURES = [(all_of, {"values": [1, 2, 3]}), (some, {"values": [2, 4, 5]})]
