"""Tables of pyarrow from task to task, and from and to frames of pandas."""

import pandas as pd
import pyarrow as pa

from flytekit import task, workflow


@task
def table(rows: int) -> pa.Table:
    return pa.table({"n": list(range(rows)), "s": [str(row) for row in range(rows)]})


@task
def filtered(source: pa.Table, least: int) -> pa.Table:
    return source.slice(least)


@task
def frame(source: pd.DataFrame) -> pd.DataFrame:
    return source.assign(n=source["n"] * 2)


@task
def rows(source: pa.Table) -> int:
    return source.num_rows


@workflow
def tables(count: int = 5) -> tuple[int, pd.DataFrame]:
    kept = filtered(source=table(rows=count), least=2)
    return rows(source=kept), frame(source=kept)


RUNS = [(tables, {}), (tables, {"count": 3})]
