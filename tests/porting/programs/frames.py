"""Frames from task to task."""

import pandas as pd

from flytekit import task, workflow


@task
def table(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"number": range(rows), "name": [f"row {row}" for row in range(rows)]})


@task
def evens(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["number"] % 2 == 0].reset_index(drop=True)


@task
def total(frame: pd.DataFrame) -> int:
    return int(frame["number"].sum())


@workflow
def pipeline(rows: int = 5) -> tuple[pd.DataFrame, int]:
    frame = evens(frame=table(rows=rows))
    return frame, total(frame=frame)


RUNS = [(pipeline, {}), (pipeline, {"rows": 0})]
