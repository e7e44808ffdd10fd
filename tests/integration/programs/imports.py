"""Tasks of a module whose libraries take a while to import, and have threads once they work."""

import sys

SHARED = "sklearn" in sys.modules
"""Whether the libraries were there before this process was."""

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402

from livedeck import task, workflow  # noqa: E402


@task
def work(seed: int) -> list[float]:
    """Use what is threaded in each: BLAS, OpenMP, Arrow's pool. The first number: were they shared?"""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(300, 300))
    frame = pd.DataFrame({"key": rng.integers(0, 5, 2000), "value": rng.normal(size=2000)})
    line = LinearRegression().fit(matrix[:, :3], matrix[:, 3]).score(matrix[:, :3], matrix[:, 3])
    trees = HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=3).fit(frame[["value"]], frame["key"])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame), sink, compression="zstd")
    table = pq.read_table(pa.BufferReader(sink.getvalue()), use_threads=True)
    return [
        float(SHARED),
        float(np.trace(matrix @ matrix.T)),
        float(frame.groupby("key")["value"].mean().sum()),
        float(line),
        float(trees.score(frame[["value"]], frame["key"])),
        float(pc.sum(table["value"]).as_py()),
    ]


@task
def compare(results: list[list[float]]) -> list[float]:
    """Return of each whether the libraries were shared; all else has to be the same."""
    assert all(np.allclose(numbers[1:], results[0][1:]) for numbers in results)
    return [numbers[0] for numbers in results]


@workflow
def four(seed: int) -> list[float]:
    """The same work, four times."""
    return compare(results=[work(seed=seed) for _ in range(4)])
