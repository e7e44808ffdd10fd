import numpy as np
import pandas as pd

from livedeck import task, workflow


@task
def measure(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(rows), "y": np.arange(rows) ** 2})


@task
def correlate(frame: pd.DataFrame) -> np.ndarray:
    return np.corrcoef(frame["x"], frame["y"]).round(4)


@workflow
def frames(rows: int = 5) -> np.ndarray:
    return correlate(frame=measure(rows=rows))
