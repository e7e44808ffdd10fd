"""Launch plans: default and fixed inputs, called in workflows, mapped over, and in dynamic tasks."""

from flytekit import Annotations, Labels, LaunchPlan, dynamic, map_task, task, workflow


@task
def weigh(value: int, factor: int) -> int:
    return value * factor


@task
def total(values: list[int]) -> int:
    return sum(values)


@workflow
def weighted(value: int, factor: int = 2) -> int:
    return weigh(value=value, factor=factor)


plain = LaunchPlan.get_or_create(workflow=weighted)
tenfold = LaunchPlan.get_or_create(
    workflow=weighted,
    name="porting.launch_plans.tenfold",
    fixed_inputs={"factor": 10},
    labels=Labels({"team": "blue"}),
    annotations=Annotations({"note": "ten times"}),
    max_parallelism=3,
)
seven = LaunchPlan.create("porting.launch_plans.seven", weighted, default_inputs={"value": 7})
twice = plain.clone_with(name="porting.launch_plans.twice")


@workflow
def several(value: int) -> tuple[int, int, int, int]:
    return plain(value=value), tenfold(value=value), seven(), seven(value=value, factor=3)


@workflow
def nested(value: int) -> int:
    first, _second, _third, fourth = LaunchPlan.get_or_create(workflow=several)(value=value)
    return weigh(value=first, factor=fourth)


@workflow
def over_lists() -> int:
    return total(values=map_task(tenfold)(value=[1, 2, 3]))  # flytekit maps over lists that are known, locally


@dynamic(node_dependency_hints=[tenfold])
def as_many(count: int) -> list[int]:
    return [tenfold(value=each) for each in range(count)]


@workflow
def decided(count: int) -> int:
    return total(values=as_many(count=count))


@workflow
def cloned(value: int) -> int:
    return twice(value=value)


RUNS = [
    (weighted, {"value": 3}),
    (several, {"value": 5}),
    (nested, {"value": 2}),
    (over_lists, {}),
    (decided, {"count": 3}),
    (cloned, {"value": 4}),
]
