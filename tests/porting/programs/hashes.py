"""Outputs that are taken from an earlier run, also where a value is known by a hash of its own."""

import uuid
from typing import Annotated

import pandas as pd

from flytekit import Cache, HashMethod, task, workflow

RUN = uuid.uuid4().hex


def hash_of(frame: pd.DataFrame) -> str:
    return str(sorted(frame["number"].tolist()))


@task
def table(rows: int) -> Annotated[pd.DataFrame, HashMethod(hash_of)]:
    return pd.DataFrame({"number": range(rows)})


@task(cache=True, cache_version="1")
def token(frame: pd.DataFrame, salt: str) -> str:
    return uuid.uuid4().hex


@task(cache=Cache(version="1", ignored_inputs=("noise",)))
def token_but_for(noise: int, salt: str) -> str:
    return uuid.uuid4().hex


@task
def same(one: str, other: str) -> bool:
    return one == other


@workflow
def hashed(salt: str) -> bool:
    first = token(frame=table(rows=3), salt=salt)
    frame = table(rows=3)
    second = token(frame=frame, salt=salt)
    first >> second
    return same(one=first, other=second)


@workflow
def ignoring(salt: str) -> bool:
    first = token_but_for(noise=1, salt=salt)
    second = token_but_for(noise=2, salt=salt)
    first >> second
    return same(one=first, other=second)


RUNS = [(hashed, {"salt": RUN}), (ignoring, {"salt": RUN})]
