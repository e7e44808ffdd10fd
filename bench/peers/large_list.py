"""flytekit's local execution of what `bench.values` runs: argv is the length of the list. It prints seconds."""

import json
import sys
import time

from flytekit import task, workflow

COUNT = int(sys.argv[1])


@task
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def successors(xs: list[int]) -> list[int]:
    return [x + 1 for x in xs]


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@workflow
def passed_on(count: int = COUNT) -> int:
    return total(xs=successors(xs=numbers(count=count)))  # type: ignore[no-any-return]


passed_on(count=3)
start = time.perf_counter()
passed_on(count=COUNT)
print(json.dumps(time.perf_counter() - start))
