"""A workflow that starts executions: by a launch plan, by a map over one, and by an eager task."""

from livedeck import LaunchPlan, eager, map_task, task, workflow


@task
def double(x: int) -> int:
    return x * 2


@workflow
def doubled(x: int) -> int:
    return double(x=x)


plan = LaunchPlan.get_or_create(workflow=doubled, name="starting.plan")


@eager
async def both(x: int) -> int:
    return double(x=double(x=x))


@workflow
def starting(x: int) -> tuple[int, list[int], int]:
    return plan(x=x), map_task(plan)(x=[1, 2, 3]), both(x=x)
