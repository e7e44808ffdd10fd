"""Tasks that yield: lists to the next task, and files of JSON lines."""

from typing import Iterator

from flytekit import task, workflow
from flytekit.types.iterator import JSON


@task
def numbers(count: int) -> Iterator[int]:
    for number in range(count):
        yield number * number


@task
def total(values: Iterator[int]) -> int:
    return sum(values)


@task
def length(values: Iterator[int]) -> int:
    return len(values)


@task
def records(count: int) -> Iterator[JSON]:
    for number in range(count):
        yield {"number": number, "words": ["a"] * number}


@task
def numbered(lines: Iterator[JSON]) -> list[int]:
    return [line["number"] + len(line["words"]) for line in lines]


@workflow
def yielded(count: int = 4) -> tuple[int, int]:
    values = numbers(count=count)
    return total(values=values), length(values=values)


@workflow
def json_lines(count: int) -> list[int]:
    return numbered(lines=records(count=count))


RUNS = [(yielded, {}), (yielded, {"count": 1}), (json_lines, {"count": 3})]
