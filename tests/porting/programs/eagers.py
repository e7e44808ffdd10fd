"""Eager tasks: loops and decisions over what the tasks that are called give."""

import asyncio
from functools import partial

from flytekit import LaunchPlan, eager, map_task, task, workflow


@task
def add_one(x: int) -> int:
    return x + 1


@task
async def double(x: int) -> int:
    return 2 * x


@workflow
def add_two(x: int) -> int:
    return add_one(x=add_one(x=x))


@eager
async def until(limit: int) -> int:
    value = 1
    while value < limit:
        value = await double(x=value)
    return add_one(x=value)


@eager
async def side_by_side(count: int) -> list[int]:
    return list(await asyncio.gather(*[double(x=each) for each in range(count)]))


@eager
async def of_workflows(x: int) -> int:
    first = add_two(x=x)
    return first if first > 5 else await until(limit=first)


@task
def add(x: int, y: int) -> int:
    return x + y


plan = LaunchPlan.get_or_create(workflow=add_two, name="porting.eagers.plan")


@eager
async def of_maps(x: int) -> list[int]:
    values = map_task(add_one)(x=[x, 2])
    return map_task(partial(add, y=10), concurrency=1)(x=values) + map_task(plan)(x=[x])


RUNS = [
    (until, {"limit": 20}),
    (side_by_side, {"count": 3}),
    (of_workflows, {"x": 1}),
    (of_workflows, {"x": 9}),
    (of_maps, {"x": 1}),
]
