"""Attributes, keys and indices of what tasks return, given on without a task between."""

from dataclasses import dataclass, field
from typing import Dict, List

from flytekit import task, workflow


@dataclass
class Inner:
    numbers: List[int] = field(default_factory=lambda: [1, 2, 3])
    by_name: Dict[str, str] = field(default_factory=lambda: {"a": "x"})


@dataclass
class Outer:
    inner: Inner = field(default_factory=Inner)
    inners: List[Inner] = field(default_factory=lambda: [Inner([7]), Inner([8])])
    title: str = "outer"


@task
def made(title: str) -> Outer:
    return Outer(title=title)


@task
def listed(count: int) -> List[Dict[str, int]]:
    return [{"n": number} for number in range(count)]


@task
def number(value: int) -> int:
    return value * 10


@task
def text(value: str) -> str:
    return value.upper()


@workflow
def reached(title: str = "t") -> tuple[int, int, str, str, int]:
    outer = made(title=title)
    rows = listed(count=3)
    return (
        number(value=outer.inner.numbers[1]),
        number(value=outer.inners[1].numbers[0]),
        text(value=outer.inner.by_name["a"]),
        text(value=outer.title),
        number(value=rows[2]["n"]),
    )


RUNS = [(reached, {}), (reached, {"title": "words"})]
