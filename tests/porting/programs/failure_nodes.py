"""What runs when a workflow has failed: a task or a workflow with the same inputs, which may ask for the error."""

from typing import Optional

from flytekit import task, workflow
from flytekit.types.error.error import FlyteError


@task
def risky(n: int) -> int:
    if n < 0:
        raise ValueError(f"{n} is negative")
    return n


@task
def clean(n: int, err: Optional[FlyteError] = None) -> None:
    print(n, err.message if err else "nothing went wrong", err.failed_node_id if err else "")


@task
def note(n: int) -> None:
    print(n)


@workflow
def clean_all(n: int) -> None:
    note(n=n)
    clean(n=n)


@workflow(on_failure=clean)
def guarded(n: int) -> int:
    return risky(n=n)


@workflow(on_failure=clean_all)
def guarded_by_a_workflow(n: int) -> int:
    return risky(n=guarded(n=n))


RUNS = [(guarded, {"n": 2}), (guarded_by_a_workflow, {"n": 3})]

FAILURES = [(guarded, {"n": -1}), (guarded_by_a_workflow, {"n": -2})]
