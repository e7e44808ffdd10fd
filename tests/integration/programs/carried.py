"""What must come to the same called as plain functions and run by a server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import helper_of_carried

from livedeck import current_context, task, workflow


@dataclass
class Held:
    ratio: float
    anything: Any


@task
def steps() -> dict[str, int]:
    return {"load": 1, "clean": 2, "train": 3}


@task
def names(d: dict[str, int]) -> str:
    return " > ".join(d)


@task
def one() -> int:
    return 1


@task
def make() -> tuple[list[int], Held, datetime]:
    return [1], Held(2, (1, 2)), datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)


@task
def change(items: list[int], held: Held) -> int:
    items.append(2)
    held.anything.append(3)
    return 0


@task
def show(items: list[int], held: Held, at: datetime, after: int) -> str:
    current_context().logging.info("shown after %d", after)
    return f"{items} {held} {at.isoformat()}"


@workflow
def inner(d: dict[str, int]) -> dict[str, int]:
    return {"z": one(), "a": 1}


@workflow
def both_ways() -> tuple[str, str, str, str, str]:
    items, held, at = make()
    shown = show(items=items, held=held, at=at, after=change(items=items, held=held))
    bound, constant = {"y": one(), "b": 2}, {"y": 1, "b": 2}
    return names(d=steps()), names(d=bound), names(d=constant), names(d=inner(d=constant)), shown


@task(cache=True)
def measure(x: int) -> int:
    return helper_of_carried.measured(x)


@workflow
def cached() -> int:
    return measure(x=1)
