"""What `bench.imports` runs on the server: tasks that take no time, of a module that takes a while to import."""

import pandas as pd

from livedeck import task, workflow

TASKS = 200


@task
def total(x: int) -> int:
    return int(pd.Series([x, 1]).sum())


@workflow
def totals(x: int = 0) -> int:
    results = [total(x=x) for _ in range(TASKS)]
    return results[-1]
