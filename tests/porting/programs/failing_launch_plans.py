"""Launch plans that fail: the workflow that started them fails, and says so to its failure node."""

import typing

from flytekit import LaunchPlan, WorkflowFailurePolicy, task, workflow
from flytekit.types.error.error import FlyteError


@task
def positive(value: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is negative")
    return value


@task
def clean(value: int, err: typing.Optional[FlyteError] = None) -> None:
    print(value, err)


@workflow
def checked(value: int) -> int:
    return positive(value=value)


plan = LaunchPlan.get_or_create(workflow=checked, name="porting.failing_launch_plans.plan")


@workflow
def started(value: int) -> int:
    return plan(value=value)


@workflow(on_failure=clean)
def cleaned(value: int) -> int:
    return plan(value=value)


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def beside(value: int) -> tuple[int, int]:
    return plan(value=value), positive(value=1)


RUNS = [(started, {"value": 1}), (cleaned, {"value": 2})]
FAILURES = [(started, {"value": -1}), (cleaned, {"value": -2}), (beside, {"value": -3})]
