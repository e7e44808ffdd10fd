"""Literal types, enums in lists and as keys' values, and constants in a workflow."""

import enum
from typing import Dict, List

from flytekit import task, workflow


class Size(enum.Enum):
    SMALL = "S"
    LARGE = "L"


@task
def sized(sizes: List[Size]) -> Dict[str, Size]:
    return {f"{number}": size for number, size in enumerate(sizes)}


@task
def largest(sizes: Dict[str, Size]) -> List[str]:
    return sorted(name for name, size in sizes.items() if size is Size.LARGE)


@task
def other(size: Size = Size.SMALL) -> Size:
    return Size.LARGE if size is Size.SMALL else Size.SMALL


@workflow
def enums(size: Size = Size.LARGE) -> tuple[List[str], Size, Size]:
    return largest(sizes=sized(sizes=[Size.SMALL, Size.LARGE, Size.LARGE])), other(size=size), other()


RUNS = [(enums, {}), (enums, {"size": Size.SMALL})]
