"""Frames of a type of one's own, written and read by an encoder and a decoder that are registered."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flytekit import FlyteContext, StructuredDataset, StructuredDatasetType, task, workflow
from flytekit.models import literals
from flytekit.models.literals import StructuredDatasetMetadata
from flytekit.types.structured.structured_dataset import (
    PARQUET,
    StructuredDatasetDecoder,
    StructuredDatasetEncoder,
    StructuredDatasetTransformerEngine,
)


class Grid:
    """A table of numbers."""

    def __init__(self, numbers: np.ndarray):
        self.numbers = numbers


class ArrayEncoder(StructuredDatasetEncoder):
    def __init__(self):
        super().__init__(Grid, None, PARQUET)

    def encode(
        self, ctx: FlyteContext, structured_dataset: StructuredDataset, structured_dataset_type: StructuredDatasetType
    ) -> literals.StructuredDataset:
        array = structured_dataset.dataframe.numbers
        table = pa.table({f"col{number}": array[:, number] for number in range(array.shape[1])})
        path = ctx.file_access.get_random_remote_directory()
        local = ctx.file_access.get_random_local_directory()
        pq.write_table(table, os.path.join(local, f"{0:05}"))
        ctx.file_access.upload_directory(local, path)
        kind = StructuredDatasetType(format=PARQUET)
        return literals.StructuredDataset(uri=path, metadata=StructuredDatasetMetadata(structured_dataset_type=kind))


class ArrayDecoder(StructuredDatasetDecoder):
    def __init__(self):
        super().__init__(Grid, None, PARQUET)

    def decode(
        self,
        ctx: FlyteContext,
        flyte_value: literals.StructuredDataset,
        current_task_metadata: StructuredDatasetMetadata,
    ) -> Grid:
        local = ctx.file_access.get_random_local_directory()
        ctx.file_access.get_data(flyte_value.uri, local, is_multipart=True)
        table = pq.read_table(os.path.join(local, f"{0:05}"))
        return Grid(np.stack([column.to_numpy() for column in table.columns], axis=1))


StructuredDatasetTransformerEngine.register(ArrayEncoder())
StructuredDatasetTransformerEngine.register(ArrayDecoder())


@task
def make(rows: int) -> StructuredDataset:
    return StructuredDataset(dataframe=Grid(np.arange(2 * rows).reshape(rows, 2)))


@task
def total(source: StructuredDataset) -> int:
    return int(source.open(Grid).all().numbers.sum())


@task
def shape(source: StructuredDataset) -> list[int]:
    return [int(each) for each in source.open(Grid).all().numbers.shape]


@workflow
def arrays(rows: int = 3) -> tuple[int, list[int]]:
    made = make(rows=rows)
    return total(source=made), shape(source=made)


RUNS = [(arrays, {}), (arrays, {"rows": 10})]
