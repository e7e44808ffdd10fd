"""Workflows that are put together call by call."""

from typing import Dict, List

from flytekit import LaunchPlan, Workflow, WorkflowFailurePolicy, task, workflow


@task
def add(left: int, right: int) -> int:
    return left + right


@task
def note() -> None:
    print("noted")


@task
def join(parts: List[int]) -> int:
    return sum(parts)


@task
def count(named: Dict[str, int]) -> int:
    return sum(named.values())


@workflow
def doubled(value: int) -> int:
    return add(left=value, right=value)


twice = LaunchPlan.get_or_create(workflow=doubled, name="porting.imperative.twice")

sums = Workflow(name="porting.imperative.sums", failure_policy=WorkflowFailurePolicy.FAIL_IMMEDIATELY)
sums.add_workflow_input("first", int)
sums.add_workflow_input("second", int)
one = sums.add_entity(add, left=sums.inputs["first"], right=sums.inputs["second"])
two = sums.add_task(add, left=one.outputs["o0"], right=100)
three = sums.add_launch_plan(twice, value=two.outputs["o0"])
four = sums.add_subwf(doubled, value=three.outputs["o0"])
last = sums.add_entity(note)
four.runs_before(last)
sums.add_workflow_output("total", four.outputs["o0"])
sums.add_workflow_output("start", one.outputs["o0"], python_type=int)
assert sums.ready()

lists = Workflow(name="porting.imperative.lists")
assert not lists.ready()
lists.add_workflow_input("values", List[int])
lists.add_workflow_input("more", int)
joined = lists.add_entity(join, parts=lists.inputs["values"])
again = lists.add_entity(join, parts=[joined.outputs["o0"], lists.inputs["more"], 1000])
counted = lists.add_entity(count, named={"a": joined.outputs["o0"], "b": again.outputs["o0"]})
lists.add_workflow_output("all", [joined.outputs["o0"], again.outputs["o0"]], python_type=List[int])
lists.add_workflow_output("count", counted.outputs["o0"])

planned = Workflow(name="porting.imperative.planned")
planned.add_workflow_input("value", int)
inner = planned.add_entity(sums, first=planned.inputs["value"], second=5)
planned.add_workflow_output("total", inner.outputs["total"])

RUNS = [
    (sums, {"first": 1, "second": 2}),
    (lists, {"values": [1, 2, 3], "more": 4}),
    (planned, {"value": 3}),
]
