import asyncio
import os
from typing import NamedTuple

from livedeck import chain, current_context, task, workflow


# --8<-- [start:outputs]
class Size(NamedTuple):
    area: float
    around: float


@task
def measure(width: float, height: float = 1.0) -> Size:
    """Measure a rectangle.

    Args:
        width: in metres
        height: in metres
    """
    return Size(area=width * height, around=2 * (width + height))


# --8<-- [end:outputs]


# --8<-- [start:options]
@task(retries=2, timeout=60, environment={"UNIT": "m"})
def describe(area: float) -> str:
    return f"{area:g} {os.environ['UNIT']}2, attempt {current_context().attempt}"


# --8<-- [end:options]


# --8<-- [start:async]
@task
async def total(areas: list[float]) -> float:
    await asyncio.sleep(0)  # anything that is awaited
    return sum(areas)


# --8<-- [end:async]


# --8<-- [start:workflow]
@workflow
def shapes(widths: list[float], height: float = 2.0) -> tuple[str, float]:
    """Measure some rectangles.

    Args:
        widths: of each, in metres
        height: of all, in metres
    """
    first = measure(width=widths[0], height=height)
    second = measure.with_overrides(node_name="second", name="the second rectangle")(width=widths[1], height=height)
    words = describe(area=first.area)
    chain(first, second)  # the second not before the first has succeeded
    return words, total(areas=[first.area, second.area])


# --8<-- [end:workflow]
