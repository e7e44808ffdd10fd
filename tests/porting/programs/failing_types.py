"""Values that do not fit their types, which fail wherever the program runs."""

from typing import Dict, List

from flytekit import task, workflow


@task
def lies(value: int) -> List[int]:
    return ["no number"] if value else [1]


@task
def missing(values: Dict[str, int], key: str) -> int:
    return values[key]


@workflow
def lying(value: int) -> List[int]:
    return lies(value=value)


@workflow
def looked_up(key: str) -> int:
    return missing(values={"a": 1}, key=key)


RUNS = [(lying, {"value": 0}), (looked_up, {"key": "a"})]
FAILURES = [(lying, {"value": 1}), (looked_up, {"key": "b"})]
