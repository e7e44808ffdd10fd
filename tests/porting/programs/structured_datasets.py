"""Frames whose reader says as what, which columns, and in which format they are written."""

from typing import Annotated

import pandas as pd
import pyarrow as pa

from flytekit import StructuredDataset, kwtypes, task, workflow

Both = kwtypes(name=str, age=int)
Ages = kwtypes(age=int)


@task
def table(rows: int) -> Annotated[StructuredDataset, Both]:
    frame = pd.DataFrame({"name": [f"n{row}" for row in range(rows)], "age": [20 + row for row in range(rows)]})
    return StructuredDataset(dataframe=frame)


@task
def arrow_table(rows: int) -> StructuredDataset:
    return StructuredDataset(dataframe=pa.table({"name": ["x"] * rows, "age": list(range(rows))}))


@task
def as_csv(source: StructuredDataset) -> Annotated[StructuredDataset, "csv"]:
    return StructuredDataset(dataframe=source.open(pd.DataFrame).all(), file_format="csv")


@task
def ages(source: Annotated[StructuredDataset, Ages]) -> list[str]:
    return [str(name) for name in source.open(pd.DataFrame).all().columns]


@task
def total(source: StructuredDataset) -> int:
    return int(source.open(pd.DataFrame).all()["age"].sum())


@task
def rows_as_arrow(source: StructuredDataset) -> int:
    return source.open(pa.Table).all().num_rows


@task
def as_frame(source: StructuredDataset) -> pd.DataFrame:
    return source.open(pd.DataFrame).all()


@task
def only_ages(source: Annotated[pd.DataFrame, Ages]) -> pd.DataFrame:
    return source


@task
def wrapped(source: pd.DataFrame) -> StructuredDataset:
    return StructuredDataset(dataframe=source)


@task
def format_of(source: StructuredDataset) -> str:
    return source.file_format


@workflow
def from_pandas(rows: int = 3) -> tuple[int, list[str], int, pd.DataFrame, pd.DataFrame]:
    made = table(rows=rows)
    frame = as_frame(source=made)
    return total(source=made), ages(source=made), rows_as_arrow(source=made), frame, only_ages(source=frame)


@workflow
def from_arrow(rows: int) -> tuple[int, str, str, int]:
    made = arrow_table(rows=rows)
    text = as_csv(source=made)
    again = wrapped(source=as_frame(source=text))
    return total(source=text), format_of(source=text), format_of(source=made), total(source=again)


RUNS = [(from_pandas, {}), (from_arrow, {"rows": 4})]
